import { useState } from 'react'
import { useServices } from '../../../model/use-client.ts'
import { Button } from '../../../ui/button.tsx'
import { Segmented } from '../../../ui/segmented.tsx'
import { Waiting } from '../../../ui/waiting.tsx'
import css from './event-detail.module.css'
import { stateSchema, type InspectedEvent, type StatePage } from './schema.ts'
import { useInspected } from './use-inspected.ts'

type At = 'before' | 'after'

/** What the event changed in the state of the room; the whole state before and after it when asked for. */
export function StatePart({ event, hrefOf }: { event: InspectedEvent; hrefOf: (eventId: string) => string }) {
  const [at, setAt] = useState<At>()
  const { state } = event
  if (state === undefined) {
    return <p className={css.help}>The state of the room at this event is not known here.</p>
  }
  return (
    <>
      {state.changes.length === 0 ? (
        <p className={css.help}>It changed nothing in the state, which has {state.before} entries.</p>
      ) : (
        <ul className={css.changes} aria-label="What it changed">
          {state.changes.map((change) => (
            <li key={`${change.type} ${change.state_key}`}>
              <code>{change.type}</code> <code>{change.state_key}</code>
              <span className={css.help}>
                {change.before === undefined ? (
                  'was not set'
                ) : (
                  <a href={hrefOf(change.before)}>was another event</a>
                )}
                {change.after === undefined && ', is no more'}
              </span>
            </li>
          ))}
        </ul>
      )}
      {at === undefined ? (
        <div>
          <Button size="sm" onClick={() => setAt('before')}>
            Show the whole state
          </Button>
        </div>
      ) : (
        <>
          <Segmented
            label="The state"
            value={at}
            options={[
              { value: 'before', label: `Before, ${state.before}` },
              { value: 'after', label: `After, ${state.after}` },
            ]}
            onChange={setAt}
          />
          <WholeState key={at} eventId={event.event_id} at={at} hrefOf={hrefOf} />
        </>
      )}
    </>
  )
}

function WholeState({
  eventId,
  at,
  hrefOf,
}: {
  eventId: string
  at: At
  hrefOf: (eventId: string) => string
}) {
  const { client, toast, describe } = useServices()
  const path = `events/${encodeURIComponent(eventId)}/state?at=${at}`
  const first = useInspected(path, stateSchema)
  const [more, setMore] = useState<readonly StatePage[]>([])
  if (first.state === 'loading') return <Waiting>Reading the state…</Waiting>
  if (first.state === 'failed') return <p className={css.help}>{first.problem}</p>
  const next = (more.at(-1) ?? first.value).next
  const load = (from: string): void => {
    client.inspector.get(`${path}&from=${encodeURIComponent(from)}`, stateSchema).then(
      (page) => setMore((before) => [...before, page]),
      (error: unknown) => toast(describe(error)),
    )
  }
  return (
    <>
      <ul className={css.changes} aria-label={`The state ${at} the event`}>
        {[first.value, ...more]
          .flatMap((page) => page.events)
          .map((entry) => (
            <li key={`${entry.type} ${entry.state_key}`}>
              <a href={hrefOf(entry.event_id)}>
                <code>{entry.type}</code>
              </a>{' '}
              <code>{entry.state_key}</code>
            </li>
          ))}
      </ul>
      {next !== undefined && (
        <div>
          <Button size="sm" onClick={() => load(next)}>
            Show more
          </Button>
        </div>
      )}
    </>
  )
}
