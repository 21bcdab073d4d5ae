import { Activity, CircleQuestionMark, GitFork, ListChecks, Radar, Stethoscope } from 'lucide-react'
import { createElement, type ComponentType, type ReactNode } from 'react'
import { ActivityView } from './activity/activity-view.tsx'
import { GraphView } from './graph/graph-view.tsx'
import { pathView } from './path/index.tsx'
import { PeersView } from './peers/peers-view.tsx'
import { QueuesView } from './queues/queues-view.tsx'
import { RefusedView } from './refused/refused-view.tsx'
import { TesterView } from './tester/tester-view.tsx'
import { transactionsView } from './transactions/index.tsx'

export interface ViewProps {
  /** What stands behind the view's name in the address: a room, an event, a server. */
  readonly args: readonly string[]
  /** Filters, as the address has them. */
  readonly query: URLSearchParams
}

export interface View {
  /** In the address, `#/inspector/<id>`. */
  readonly id: string
  readonly label: string
  readonly icon: ReactNode
  readonly View: ComponentType<ViewProps>
}

/** In the order in which they are shown. */
export const views: readonly View[] = [
  { id: 'activity', label: 'Activity', icon: createElement(Activity), View: ActivityView },
  { id: 'peers', label: 'Peers', icon: createElement(Radar), View: PeersView },
  transactionsView,
  { id: 'queues', label: 'Queues', icon: createElement(ListChecks), View: QueuesView },
  { id: 'graph', label: 'Room graph', icon: createElement(GitFork), View: GraphView },
  { id: 'refused', label: 'Why?', icon: createElement(CircleQuestionMark), View: RefusedView },
  pathView,
  { id: 'tester', label: 'Tester', icon: createElement(Stethoscope), View: TesterView },
]
