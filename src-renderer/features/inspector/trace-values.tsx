import type { TraceValue } from '../../client/trace.ts'
import { inspectorHref } from '../../model/routes.ts'
import { clockTime } from './clock-time.ts'
import css from './trace-tree.module.css'
import type { Names } from './use-names.ts'

interface Subject {
  text: (id: string, names: Names) => string
  href: (id: string) => string
}

const activity = (name: string) => (id: string) => inspectorHref('activity', [], { [name]: id })
const subjects: Readonly<Record<string, Subject>> = {
  room: { text: (id, names) => names.room(id), href: activity('room') },
  server: { text: (id, names) => names.server(id), href: activity('server') },
  user: { text: (id, names) => names.user(id), href: activity('user') },
  event: { text: short, href: (id) => inspectorHref('refused', [id]) },
  txn: { text: short, href: activity('txn') },
}
const plurals: Readonly<Record<string, string>> = {
  rooms: 'room',
  servers: 'server',
  users: 'user',
  events: 'event',
  txns: 'txn',
}

/** A fact of an operation; what it names is a link to everything about that. */
export function Fact({ name, value, names }: { name: string; value: TraceValue; names: Names }) {
  const subject = subjects[plurals[name] ?? name]
  const list = Array.isArray(value) ? value : [value]
  return (
    <span className={css.fact}>
      <span className={css.factName}>{name}</span> {list.length === 0 && 'none'}
      {list.map((one, index) => (
        // The facts of an operation that is over do not move.
        // oxlint-disable-next-line react/no-array-index-key
        <span key={index}>
          {index > 0 && ', '}
          {subject !== undefined && typeof one === 'string' ? (
            <a href={subject.href(one)} title={one} tabIndex={-1}>
              {subject.text(one, names)}
            </a>
          ) : (
            wordsOf(one)
          )}
        </span>
      ))}
    </span>
  )
}

/** Moments of our days, in milliseconds. */
const MOMENTS = 1_500_000_000_000

function wordsOf(value: string | number | boolean): string {
  return typeof value === 'number' && value > MOMENTS ? clockTime(value) : String(value)
}

export function short(id: string): string {
  return id.length > 14 ? `${id.slice(0, 12)}…` : id
}

/** "0.4 ms", "38 ms", "1.2 s", "3 min", "2.5 h", "4 d". */
export function formatDuration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
  const hours = Math.round(ms / 360_000) / 10
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`
}
