import { ArrowDownLeft, ArrowUpRight } from 'lucide-react'
import { useMemo } from 'react'
import type { Names } from '../use-names.ts'
import type { Exchange } from './exchange.ts'
import { isTrouble } from './filters.ts'
import css from './transactions.module.css'

interface Row {
  readonly server: string
  sent: number
  received: number
  trouble: number
}

/** With whom this node talks, and how much; one of them, or all. */
export function ServerList(props: {
  exchanges: readonly Exchange[]
  names: Names
  selected: string | undefined
  onSelect: (server: string | undefined) => void
}) {
  const { exchanges, names, selected, onSelect } = props
  const rows = useMemo(() => countByServer(exchanges), [exchanges])
  return (
    <nav className={css.servers} aria-label="Servers">
      <button
        type="button"
        className={css.server}
        aria-pressed={selected === undefined}
        onClick={() => onSelect(undefined)}
      >
        <span className={css.serverName}>All servers</span>
      </button>
      {rows.map(({ server, sent, received, trouble }) => (
        <button
          key={server}
          type="button"
          className={css.server}
          title={server}
          aria-pressed={server === selected}
          onClick={() => onSelect(server)}
        >
          <span className={css.serverName}>{names.server(server)}</span>
          <span className={css.counts}>
            <span title="Requests to it">
              <ArrowUpRight aria-hidden="true" />
              <span className="visually-hidden">sent </span>
              {sent}
            </span>
            <span title="Requests of it">
              <ArrowDownLeft aria-hidden="true" />
              <span className="visually-hidden">received </span>
              {received}
            </span>
            {trouble > 0 && <span className={css.trouble}>{trouble} failed</span>}
          </span>
        </button>
      ))}
    </nav>
  )
}

function countByServer(exchanges: readonly Exchange[]): Row[] {
  const rows = new Map<string, Row>()
  for (const exchange of exchanges) {
    if (exchange.server === '') continue
    const row = rows.get(exchange.server) ?? { server: exchange.server, sent: 0, received: 0, trouble: 0 }
    rows.set(exchange.server, row)
    if (exchange.direction === 'out') row.sent++
    else row.received++
    if (isTrouble(exchange)) row.trouble++
  }
  return [...rows.values()].toSorted((a, b) => b.sent + b.received - a.sent - a.received)
}
