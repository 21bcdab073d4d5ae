import type { ReactNode } from 'react'
import { formatMoment } from '../../../model/time.ts'
import { inspectorHref } from '../../../model/routes.ts'
import { JsonView } from '../../../ui/json-view.tsx'
import { Note } from '../../../ui/note.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { Waiting } from '../../../ui/waiting.tsx'
import { Canonical } from '../event/canonical.tsx'
import detailCss from '../event/event-detail.module.css'
import { HashRows } from '../event/hash-rows.tsx'
import { Facts, Part } from '../event/part.tsx'
import { ReferenceList, ReferencePart } from '../event/reference-list.tsx'
import { RuleWords } from '../event/rule-words.tsx'
import { SignatureRows } from '../event/signature-rows.tsx'
import { useInspected } from '../event/use-inspected.ts'
import { VerdictList } from '../event/verdict-list.tsx'
import { ExportButton } from '../export/export-button.tsx'
import { plainWords } from '../plain-words.ts'
import { useNames } from '../use-names.ts'
import type { Filter } from './filter.ts'
import { outcomeWords } from './outcome-words.ts'
import css from './refused.module.css'
import { explanationSchema, type Explanation } from './schema.ts'

/** Why one event was refused: in words first, then every check. */
export function ExplanationPage({ id, filter }: { id: string; filter: Filter }) {
  const found = useInspected(`refused/${encodeURIComponent(id)}`, explanationSchema)
  if (found.state === 'loading') return <Waiting>Checking the event…</Waiting>
  if (found.state === 'failed') return <Note tone="warn">{found.problem}</Note>
  return <Explained why={found.value} filter={filter} />
}

function Explained({ why, filter }: { why: Explanation; filter: Filter }) {
  const hrefOf = (eventId: string): string => inspectorHref('refused', [eventId], filter)
  const outcome = outcomeWords[why.outcome]
  const names = useNames()
  return (
    <article className={detailCss.detail} aria-label={`Why: ${why.title}`}>
      <header className={css.heading}>
        <h2>{why.title}</h2>
        <p className={detailCss.header}>
          <Tag tone={outcome.tone} title={outcome.help}>
            {outcome.word}
          </Tag>
          {why.outcome !== 'redacted' && why.status === 'accepted' && (
            <Tag tone="ok" title="Another server gave it whole, or what stood against it is gone.">
              Accepted since
            </Tag>
          )}
        </p>
      </header>
      <p className={css.said} title={why.reason}>
        {plainWords(why.reason, names)}
      </p>
      <p className={detailCss.help}>{outcome.help}</p>
      <Asked why={why} />
      {why.stands_in_the_way.length > 0 && (
        <Block title="What stands in the way">
          <ul>
            {why.stands_in_the_way.map(({ event_id: eventId, words }) => (
              <li key={words} title={words}>
                {plainWords(words, names)}{' '}
                {eventId !== undefined && <a href={hrefOf(eventId)}>See that event</a>}
              </li>
            ))}
          </ul>
        </Block>
      )}
      {why.chain !== undefined && <Chain chain={why.chain} hrefOf={hrefOf} />}
      <Block title="How this may have come about">
        {why.how.map((words) => (
          <p key={words} title={words}>
            {plainWords(words, names)}
          </p>
        ))}
      </Block>
      <About why={why} hrefOf={hrefOf} />
      <Checks why={why} hrefOf={hrefOf} />
    </article>
  )
}

function Block({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={css.block} aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  )
}

/** The rule of the specification, or the check where no auth rule decided. */
function Asked({ why }: { why: Explanation }) {
  const { check, rule_words: rule } = why
  return (
    <Block title="What was asked for">
      {rule !== undefined && <RuleWords rule={rule} roomVersion={why.room_version} />}
      <p>
        {rule !== undefined && <strong>{check.title}. </strong>}
        {check.meaning}
      </p>
      {check.spec !== undefined && (
        <p className={detailCss.help}>
          <a href={check.spec} target="_blank" rel="noreferrer noopener">
            Read about it in the Matrix specification
          </a>
        </p>
      )}
    </Block>
  )
}

function Chain({
  chain,
  hrefOf,
}: {
  chain: NonNullable<Explanation['chain']>
  hrefOf: (id: string) => string
}) {
  const names = useNames()
  return (
    <Block title="What it rests on was refused">
      <ol className={css.chain}>
        {chain.map((event) => (
          <li key={event.event_id}>
            <ReferenceList label="Refused event" events={[event]} hrefOf={hrefOf} empty="" />
            <p className={detailCss.help}>{plainWords(event.reason, names)}</p>
          </li>
        ))}
      </ol>
    </Block>
  )
}

function About({ why, hrefOf }: { why: Explanation; hrefOf: (id: string) => string }) {
  const names = useNames()
  const room =
    why.room_id === undefined ? undefined : `${why.room_name ?? names.room(why.room_id)}, ${why.room_id}`
  const stored = why.event_id !== undefined && why.status !== undefined ? why.event_id : undefined
  const times =
    why.count === 1
      ? formatMoment(why.ts)
      : `${why.count} times, first ${formatMoment(why.first_ts)}, last ${formatMoment(why.ts)}`
  const rows: (readonly [string, string | undefined])[] = [
    ['Type', why.type],
    ['Sender', why.sender],
    ['Given by', why.origin === undefined ? undefined : `${names.server(why.origin)}, ${why.origin}`],
    ['Room', room],
    ['Arrived', times],
    ['Event id', why.event_id],
  ]
  return (
    <Block title="The event">
      <Facts rows={rows.flatMap(([term, value]) => (value === undefined ? [] : [[term, value] as const]))} />
      {why.room_id !== undefined && why.status !== undefined && (
        <div>
          <ExportButton roomId={why.room_id} name={why.room_name ?? names.room(why.room_id)} />
        </div>
      )}
      {stored !== undefined && (
        <p className={css.links}>
          <a href={hrefOf(stored)}>All that is known of this event</a>
          {why.room_id !== undefined && (
            <a href={inspectorHref('graph', [why.room_id, stored])}>Its place in the room’s graph</a>
          )}
        </p>
      )}
    </Block>
  )
}

function Checks({ why, hrefOf }: { why: Explanation; hrefOf: (id: string) => string }) {
  return (
    <>
      {why.looked_at.length > 0 && (
        <ReferencePart
          open
          label="Events that were looked at"
          events={why.looked_at}
          hrefOf={hrefOf}
          empty=""
        />
      )}
      {why.signatures !== undefined && (
        <Part title="Signatures" open>
          <SignatureRows signatures={why.signatures} lacking={why.lacking ?? []} />
        </Part>
      )}
      {why.hashes !== undefined && (
        <Part title="Hashes" open>
          <HashRows event={{ hashes: why.hashes, redacted_by: undefined }} />
        </Part>
      )}
      {why.verdicts !== undefined && (
        <Part title="How the rules judge it today">
          <VerdictList verdicts={why.verdicts} hrefOf={hrefOf} />
        </Part>
      )}
      <Part title="JSON" open={why.json !== undefined}>
        {why.json === undefined ? (
          <p className={detailCss.help}>It was too large to keep, was never read, or somebody deleted it.</p>
        ) : (
          <>
            <JsonView
              label="The event as it came"
              value={why.json}
              linkOf={(text) => (text.startsWith('$') && text !== why.event_id ? hrefOf(text) : undefined)}
            />
            {why.canonical !== undefined && <Canonical text={why.canonical} bytes={why.bytes ?? 0} />}
          </>
        )}
      </Part>
    </>
  )
}
