import { ArrowDownLeft, ArrowUpRight } from 'lucide-react'
import { formatBytes } from '../../../model/measures.ts'
import type { DataColumn } from '../../../ui/data-table.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { clockSeconds, clockTime } from '../clock-time.ts'
import { formatDuration } from '../trace-values.tsx'
import type { Names } from '../use-names.ts'
import type { Exchange } from './exchange.ts'
import css from './transactions.module.css'
import { Waterfall, type Axis } from './waterfall.tsx'

export interface ColumnsOf {
  names: Names
  axis: Axis
  withServer: boolean
  /** A request is shown beside the table: the sizes go, and times are to the second. */
  narrow: boolean
}

/** What the table says of each request. */
export function columnsOf({ names, axis, withServer, narrow }: ColumnsOf): DataColumn<Exchange>[] {
  const size: DataColumn<Exchange> = {
    id: 'size',
    label: 'Size',
    width: '92px',
    align: 'end',
    wideOnly: true,
    sortBy: ({ bytes }) => bytes,
    cell: ({ bytes }) => (bytes === undefined ? '' : formatBytes(bytes)),
  }
  return [
    {
      id: 'time',
      label: 'Time',
      width: narrow ? '92px' : '132px',
      wideOnly: true,
      sortBy: ({ ts }) => ts,
      cell: ({ ts }) => <time className={css.clock}>{narrow ? clockSeconds(ts) : clockTime(ts)}</time>,
      title: ({ ts }) => new Date(ts).toISOString(),
    },
    {
      id: 'what',
      label: 'What',
      width: withServer ? '30%' : '38%',
      sortBy: ({ name }) => name,
      title: ({ method, path, name }) => (path === '' ? name : `${method} ${path}`),
      cell: (exchange) => <What exchange={exchange} names={names} withServer={withServer} />,
    },
    {
      id: 'status',
      label: 'Answer',
      width: '92px',
      sortBy: ({ status, state }) => status ?? state,
      title: ({ problem }) => problem,
      cell: (exchange) => <Answer exchange={exchange} />,
    },
    ...(narrow ? [] : [size]),
    {
      id: 'took',
      label: 'Took',
      width: '84px',
      align: 'end',
      sortBy: ({ ms }) => ms,
      cell: ({ ms, state }) => (state === 'running' ? 'under way' : formatDuration(ms)),
    },
    {
      id: 'waterfall',
      label:
        axis.from === undefined
          ? `Phases, 0 to ${formatDuration(axis.span)}`
          : `${clockTime(axis.from)} to ${clockTime(axis.from + axis.span)}`,
      title: () => undefined,
      cell: (exchange) => <Waterfall exchange={exchange} axis={axis} />,
    },
  ]
}

function What({ exchange, names, withServer }: { exchange: Exchange; names: Names; withServer: boolean }) {
  const { direction, name, results, edus, server } = exchange
  const Icon = direction === 'out' ? ArrowUpRight : ArrowDownLeft
  const parts = [
    ...(results.length === 0 ? [] : [results.length === 1 ? '1 event' : `${results.length} events`]),
    ...(edus === 0 ? [] : [`${edus} EDU${edus === 1 ? '' : 's'}`]),
  ]
  return (
    <span className={css.what}>
      <span className={css.direction} data-direction={direction}>
        <Icon aria-hidden="true" />
        <span className="visually-hidden">{direction === 'out' ? 'Sent: ' : 'Received: '}</span>
      </span>
      <span className={css.whatWords}>
        <span className={exchange.kind === 'transaction' ? css.strong : undefined}>{name}</span>
        {parts.length > 0 && <span className={css.faint}> {parts.join(', ')}</span>}
        {withServer && (
          <span className={css.peer} title={server}>
            {direction === 'out' ? 'to ' : 'from '}
            {server === '' ? 'anybody: it needs no signature' : names.server(server)}
          </span>
        )}
      </span>
    </span>
  )
}

function Answer({ exchange }: { exchange: Exchange }) {
  const { state, status, results } = exchange
  if (state === 'running') return <Tag>…</Tag>
  const refused = results.filter((result) => result.state === 'refused').length
  if (state === 'failed') return <Tag tone="danger">{status ?? 'None'}</Tag>
  if (refused > 0) return <Tag tone="warn">{refused} refused</Tag>
  return <Tag tone="ok">{status ?? 'Taken'}</Tag>
}
