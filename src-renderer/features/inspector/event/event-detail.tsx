import { formatMoment } from '../../../model/time.ts'
import { inspectorHref } from '../../../model/routes.ts'
import { JsonView } from '../../../ui/json-view.tsx'
import { Note } from '../../../ui/note.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { Waiting } from '../../../ui/waiting.tsx'
import { plainWords } from '../plain-words.ts'
import { useNames, type Names } from '../use-names.ts'
import { Canonical } from './canonical.tsx'
import css from './event-detail.module.css'
import { Facts, Part } from './part.tsx'
import { statusWords } from './event-words.ts'
import { HashRows } from './hash-rows.tsx'
import { ReferencePart } from './reference-list.tsx'
import { eventSchema, type InspectedEvent } from './schema.ts'
import { SignatureRows } from './signature-rows.tsx'
import { StatePart } from './state-part.tsx'
import { useInspected } from './use-inspected.ts'
import { VerdictList } from './verdict-list.tsx'

/** Where an event stands by itself in the inspector. */
export const eventHref = (eventId: string): string => inspectorHref('refused', [eventId])

export interface EventDetailProps {
  eventId: string
  /** Where links to other events lead; the view in which this stands may want to stay. */
  hrefOf?: (eventId: string) => string
}

/** All that this node knows of one event, and each check of it made anew. */
export function EventDetail({ eventId, hrefOf = eventHref }: EventDetailProps) {
  const found = useInspected(`events/${encodeURIComponent(eventId)}`, eventSchema)
  if (found.state === 'loading') return <Waiting>Checking the event…</Waiting>
  if (found.state === 'failed') return <Note tone="warn">{found.problem}</Note>
  return <Known key={eventId} event={found.value} hrefOf={hrefOf} />
}

function Known({ event, hrefOf }: { event: InspectedEvent; hrefOf: (eventId: string) => string }) {
  const status = statusWords[event.status]
  const names = useNames()
  return (
    <article className={css.detail} aria-label={`Event ${event.type}`}>
      <header className={css.header}>
        <h3 className={css.type}>{event.type}</h3>
        <Tag tone={status.tone} title={status.help}>
          {status.word}
        </Tag>
        {event.redacted_by !== undefined && <Tag>Deleted</Tag>}
        {event.forward_extremity && (
          <Tag title="No other event follows on it: the next one of the room will.">Newest</Tag>
        )}
      </header>
      <p className={css.help}>{status.help}</p>
      {event.reason !== undefined && event.status !== 'accepted' && (
        <Note tone="warn">
          <span title={event.reason}>{plainWords(event.reason, names)}</span>
          <a href={inspectorHref('refused', [], { event: event.event_id })}>Why, and how it came about</a>
        </Note>
      )}
      <Facts
        rows={[
          ['Event id', event.event_id],
          ...(event.state_key === undefined ? [] : [['State key', event.state_key || '(empty)'] as const]),
          ['Sender', event.sender],
          ['Sent', `${formatMoment(event.origin_server_ts)}, by the clock of ${names.server(event.server)}`],
          ['Received', receivedWords(event, names)],
          ['Room', `${event.room_id}, version ${event.room_version}`],
          ['Depth', String(event.depth)],
        ]}
      />
      <Part title="How the rules judge it" open>
        <VerdictList verdicts={event.verdicts} hrefOf={hrefOf} />
      </Part>
      <Part title="Signatures" open>
        <SignatureRows signatures={event.signatures} lacking={event.lacking} />
      </Part>
      <Part title="Hashes" open>
        <HashRows event={event} />
      </Part>
      <ReferencePart
        open
        label="Auth events"
        events={event.auth_events}
        hrefOf={hrefOf}
        empty="It cites none."
      />
      <ReferencePart
        label="Previous events"
        events={event.prev_events}
        hrefOf={hrefOf}
        empty="Nothing comes before it."
      />
      <ReferencePart
        label="Events that follow on it"
        events={event.next_events}
        hrefOf={hrefOf}
        empty="None that this Hearth knows."
      />
      <Part title="State of the room">
        <StatePart event={event} hrefOf={hrefOf} />
      </Part>
      <Part title="JSON" open>
        <JsonView
          label="The event as it is kept"
          value={event.json}
          linkOf={(text) => (text.startsWith('$') && text !== event.event_id ? hrefOf(text) : undefined)}
        />
        <Canonical text={event.canonical} bytes={event.bytes} />
      </Part>
    </article>
  )
}

function receivedWords(event: InspectedEvent, names: Names): string {
  const from = event.received_from === undefined ? '' : ` from ${names.server(event.received_from)}`
  const place = event.stream_pos === undefined ? '' : `, as number ${event.stream_pos} of what arrived`
  const shown = event.shown ? '' : '; not shown in the conversation'
  return `${formatMoment(event.received_ts)}${from}${place}${shown}`
}
