import { Route } from 'lucide-react'
import { useState, type SyntheticEvent } from 'react'
import type { TraceRecord } from '../../../client/trace.ts'
import { inspectorHref } from '../../../model/routes.ts'
import { Button } from '../../../ui/button.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { TextField } from '../../../ui/field.tsx'
import { clockTime } from '../clock-time.ts'
import { useNames } from '../use-names.ts'
import { useTrace } from '../use-trace.ts'
import { useExcerpt } from './use-excerpt.ts'
import css from './path.module.css'

const FILTER = { label: 'send event' }
const MOST = 12

/** Without a message: how to choose one, and the last ones that were sent from here. */
export function PathStart() {
  const feed = useTrace(FILTER)
  const [id, setId] = useState('')
  const sent = feed.records
    .filter(({ values }) => values['type'] === 'm.room.message' || values['type'] === 'm.room.encrypted')
    .slice(-MOST)
    .reverse()

  function follow(event: SyntheticEvent): void {
    event.preventDefault()
    if (id.trim().startsWith('$')) window.location.hash = inspectorHref('path', [id.trim()])
  }

  return (
    <div className={css.start}>
      <EmptyState icon={<Route />} title="The path of one message">
        Point at a message in a conversation and choose its time, or “Path of this message” in its menu. Here
        it can be followed from being written to being read, on each server.
      </EmptyState>
      {sent.length > 0 && (
        <section aria-label="Sent from here lately" className={css.recent}>
          <h2>Sent from here lately</h2>
          <ul>
            {sent.map((record) => (
              <Recent key={record.id} record={record} />
            ))}
          </ul>
        </section>
      )}
      <form className={css.byId} onSubmit={follow}>
        <TextField
          label="Or by the id of an event"
          value={id}
          placeholder="$…"
          spellCheck={false}
          onChange={(event) => setId(event.target.value)}
        />
        <Button type="submit" disabled={!id.trim().startsWith('$')}>
          Follow
        </Button>
      </form>
    </div>
  )
}

function Recent({ record }: { record: TraceRecord }) {
  const names = useNames()
  const { room, user, type } = record.values
  const roomId = typeof room === 'string' ? room : undefined
  const eventId = record.children.flatMap(({ values }) => values['event'] ?? [])[0]
  const id = typeof eventId === 'string' ? eventId : undefined
  const excerpt = useExcerpt(id === undefined ? undefined : roomId, id ?? '')
  if (id === undefined) return null
  const said = excerpt ?? (type === 'm.room.encrypted' ? 'An encrypted message' : 'A message')
  return (
    <li>
      <a href={inspectorHref('path', [id])} title={id}>
        <span className={css.recentWords} dir="auto">
          {typeof user === 'string' && <span className={css.recentName}>{names.user(user)}: </span>}
          {said}
        </span>
        <span className={css.after}>
          {roomId !== undefined && `${names.room(roomId)}, `}
          {clockTime(record.ts)}
        </span>
      </a>
    </li>
  )
}
