import { Route } from 'lucide-react'
import type { View } from '../views.ts'
import { PathView } from './path-view.tsx'

export const pathView: View = {
  id: 'path',
  label: 'Path of a message',
  icon: <Route aria-hidden="true" />,
  View: PathView,
}
