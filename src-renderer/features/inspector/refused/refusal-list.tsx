import { ShieldCheck } from 'lucide-react'
import { useEffect, useState } from 'react'
import { inspectorHref } from '../../../model/routes.ts'
import { formatMoment, formatShort } from '../../../model/time.ts'
import { useServices } from '../../../model/use-client.ts'
import { useNow } from '../../../model/use-now.ts'
import { Button } from '../../../ui/button.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { Note } from '../../../ui/note.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { Waiting } from '../../../ui/waiting.tsx'
import { useInspected } from '../event/use-inspected.ts'
import { plainWords } from '../plain-words.ts'
import { useNames, type Names } from '../use-names.ts'
import { FilterBar } from './filter-bar.tsx'
import { refusedPath, type Filter } from './filter.ts'
import { outcomeWords } from './outcome-words.ts'
import css from './refused.module.css'
import { refusalsSchema, type Refusal, type RefusalPage } from './schema.ts'

const LOOK_AGAIN_MS = 4_000

/** Newest first; what arrives while it is looked at appears by itself. */
export function RefusalList({ filter, chosen }: { filter: Filter; chosen: string | undefined }) {
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setAttempt((before) => before + 1)
    }, LOOK_AGAIN_MS)
    return () => clearInterval(timer)
  }, [])
  const first = useInspected(refusedPath(filter), refusalsSchema, attempt)
  return (
    <section className={css.list} aria-label="Refused events">
      {first.state === 'ready' && <FilterBar filter={filter} page={first.value} />}
      {first.state === 'loading' && <Waiting whole>Looking…</Waiting>}
      {first.state === 'failed' && <Note tone="warn">{first.problem}</Note>}
      {first.state === 'ready' && (
        <Rows key={refusedPath(filter)} first={first.value} filter={filter} chosen={chosen} />
      )}
    </section>
  )
}

function Rows({ first, filter, chosen }: { first: RefusalPage; filter: Filter; chosen: string | undefined }) {
  const { client, toast, describe } = useServices()
  const names = useNames()
  const [older, setOlder] = useState<readonly RefusalPage[]>([])
  const [busy, setBusy] = useState(false)
  const seen = new Set<number>()
  const rows = [first, ...older]
    .flatMap((page) => page.refusals)
    .filter(({ id }) => !seen.has(id) && seen.add(id))
  const next = (older.at(-1) ?? first).next
  if (rows.length === 0) {
    return (
      <EmptyState icon={<ShieldCheck />} title="Nothing was refused">
        {Object.keys(filter).length === 0
          ? 'Every event that arrived followed the rules. What does not will stand here, with the reason.'
          : 'No event that fits was refused.'}
      </EmptyState>
    )
  }
  const more = (before: string): void => {
    setBusy(true)
    client.inspector
      .get(refusedPath(filter, before), refusalsSchema)
      .then(
        (page) => setOlder((pages) => [...pages, page]),
        (error: unknown) => toast(describe(error)),
      )
      .finally(() => setBusy(false))
  }
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list" className={css.rows}>
        {rows.map((row) => (
          <li key={row.id}>
            <Row row={row} names={names} filter={filter} current={chosen === String(row.id)} />
          </li>
        ))}
      </ul>
      {next !== undefined && (
        <div className={css.more}>
          <Button size="sm" busy={busy} onClick={() => more(next)}>
            Show older ones
          </Button>
        </div>
      )}
    </>
  )
}

interface RowProps {
  row: Refusal
  names: Names
  filter: Filter
  current: boolean
}

function Row({ row, names, filter, current }: RowProps) {
  const now = useNow(60_000)
  const outcome = outcomeWords[row.outcome]
  const room = row.room_name ?? (row.room_id === undefined ? undefined : names.room(row.room_id))
  const who = row.sender === undefined ? undefined : names.user(row.sender)
  return (
    <a
      className={css.row}
      href={inspectorHref('refused', [String(row.id)], filter)}
      aria-current={current ? 'page' : undefined}
    >
      <span className={css.line}>
        <span className={css.title}>{row.title}</span>
        <time className={css.time} title={formatMoment(row.ts)}>
          {formatShort(row.ts, now)}
        </time>
      </span>
      <span className={css.reason}>{plainWords(row.reason, names)}</span>
      <span className={css.line}>
        <span className={css.tags}>
          <Tag tone={outcome.tone}>{outcome.word}</Tag>
          {row.count > 1 && <Tag title="It came so often.">{row.count} times</Tag>}
        </span>
        <span className={css.about}>
          {[row.type, who, room, row.origin === undefined ? undefined : `from ${names.server(row.origin)}`]
            .filter((word) => word !== undefined)
            .join(' · ')}
        </span>
      </span>
    </a>
  )
}
