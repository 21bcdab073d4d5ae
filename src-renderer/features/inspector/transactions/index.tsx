import { Waypoints } from 'lucide-react'
import type { View } from '../views.ts'
import { TransactionsView } from './transactions-view.tsx'

export const transactionsView: View = {
  id: 'transactions',
  label: 'Transactions',
  icon: <Waypoints aria-hidden="true" />,
  View: TransactionsView,
}
