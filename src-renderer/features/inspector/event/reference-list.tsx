import type { ReactNode } from 'react'
import { Tag } from '../../../ui/tag.tsx'
import css from './event-detail.module.css'
import { kindOf, statusWords } from './event-words.ts'
import { Part } from './part.tsx'
import type { Reference } from './schema.ts'

interface ReferenceListProps {
  label: string
  events: readonly (Reference & { decides?: boolean | undefined })[]
  hrefOf: (eventId: string) => string
  empty: ReactNode
}

/** As {@link ReferenceList}, to be folded under its name. */
export function ReferencePart({ open = false, ...list }: ReferenceListProps & { open?: boolean }) {
  return (
    <Part title={list.label} count={list.events.length} open={open}>
      <ReferenceList {...list} />
    </Part>
  )
}

/** Other events, each a link to what is known of it. */
export function ReferenceList({ label, events, hrefOf, empty }: ReferenceListProps) {
  if (events.length === 0) return <p className={css.help}>{empty}</p>
  return (
    // oxlint-disable-next-line jsx-a11y/no-redundant-roles
    <ul role="list" className={css.references} aria-label={label}>
      {events.map((event) => (
        <li key={event.event_id}>
          <EventLink event={event} hrefOf={hrefOf} />
          {event.decides === true && <Tag tone="danger">Decides</Tag>}
          {event.status !== 'accepted' && (
            <Tag tone={statusWords[event.status].tone} title={statusWords[event.status].help}>
              {statusWords[event.status].word}
            </Tag>
          )}
        </li>
      ))}
    </ul>
  )
}

function EventLink({ event, hrefOf }: { event: Reference; hrefOf: (eventId: string) => string }) {
  const about = event.state_key === undefined || event.state_key === '' ? event.sender : event.state_key
  const words = (
    <>
      <span className={css.kind}>{kindOf(event)}</span>
      {about !== undefined && (
        <span className={css.about} title={about}>
          {about}
        </span>
      )}
      <span className={css.id} title={event.event_id}>
        {event.event_id}
      </span>
    </>
  )
  return event.status === 'missing' ? (
    <span className={css.reference}>{words}</span>
  ) : (
    <a className={css.reference} href={hrefOf(event.event_id)}>
      {words}
    </a>
  )
}
