import { formatBytes } from '../../../model/measures.ts'
import { inspectorHref } from '../../../model/routes.ts'
import { formatAgo } from '../../../model/time.ts'
import css from '../network.module.css'
import { ServerPart } from '../server-panel.tsx'
import { useNames } from '../use-names.ts'
import type { QueueDetail } from './schema.ts'
import { roomWords } from './words.ts'

export function WaitingRooms({
  rooms,
  isPartial,
  now,
}: {
  rooms: QueueDetail['rooms']
  isPartial: boolean
  now: number
}) {
  const names = useNames()
  if (rooms.length === 0) return null
  return (
    <ServerPart title="By room">
      <ul className={css.list} aria-label="Rooms with something waiting">
        {rooms.map((room) => (
          <li key={`${room.room_id} ${room.kind}`} className={css.item}>
            <a className={css.link} href={inspectorHref('graph', [room.room_id])} title={room.room_id}>
              {names.room(room.room_id)}
            </a>
            <span className={css.times}>{formatBytes(room.bytes)}</span>
            <p>
              {roomWords(room)}
              {room.oldest_ts !== null && `, the oldest ${formatAgo(room.oldest_ts, now)}`}
            </p>
          </li>
        ))}
      </ul>
      {isPartial && <p className={css.muted}>There is more than was counted here.</p>}
    </ServerPart>
  )
}

export function WaitingEvents({
  events,
  total,
  now,
}: {
  events: QueueDetail['first']
  total: number
  now: number
}) {
  const names = useNames()
  if (events.length === 0) return null
  return (
    <ServerPart
      title={total > events.length ? `The first ${events.length}` : 'Events, in the order in which they go'}
    >
      <ol className={css.list} aria-label="Events that wait">
        {events.map((event) => (
          <li key={event.event_id} className={css.item}>
            <a
              className={[css.link, css.mono].join(' ')}
              href={inspectorHref('graph', [event.room_id, event.event_id])}
              title={event.event_id}
            >
              {event.type ?? 'an event that is gone'}
            </a>
            <span className={css.times}>{event.ts === null ? '' : formatAgo(event.ts, now)}</span>
            <p>
              {event.sender === null ? '' : `${names.user(event.sender)} in `}
              {names.room(event.room_id)}, {formatBytes(event.bytes)}
            </p>
          </li>
        ))}
      </ol>
    </ServerPart>
  )
}

/** Nothing is dropped silently: what the other side would not have, with its reason. */
export function NotTaken({ entries, now }: { entries: QueueDetail['not_taken']; now: number }) {
  if (entries.length === 0) return null
  return (
    <ServerPart title="Not taken by the other side">
      <ul className={css.list} aria-label="Not taken">
        {entries.map((each, index) => (
          // Old ones stay where they are; several EDUs may have one moment.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={`${each.ts} ${each.event_id ?? ''} ${index}`} className={css.item}>
            {each.event_id === null ? (
              <span>A notice</span>
            ) : (
              <a
                className={[css.link, css.mono].join(' ')}
                href={
                  each.room_id === null
                    ? inspectorHref('event', [each.event_id])
                    : inspectorHref('graph', [each.room_id, each.event_id])
                }
              >
                {each.event_id}
              </a>
            )}
            <span className={css.times}>{formatAgo(each.ts, now)}</span>
            <p>
              {each.kind === 'refused' ? 'Refused' : 'Given up, as no transaction with it was taken'}
              {each.reason === null ? '' : `: ${each.reason}`}
            </p>
          </li>
        ))}
      </ul>
    </ServerPart>
  )
}
