import { RotateCw, Stethoscope } from 'lucide-react'
import type { ReactNode } from 'react'
import { formatBytes } from '../../../model/measures.ts'
import { inspectorHref } from '../../../model/routes.ts'
import { formatAgo } from '../../../model/time.ts'
import { useNow } from '../../../model/use-now.ts'
import { Button } from '../../../ui/button.tsx'
import { Note } from '../../../ui/note.tsx'
import { SidePanel } from '../../../ui/side-panel.tsx'
import { Spinner } from '../../../ui/spinner.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { Facts } from '../event/part.tsx'
import { LinkButton } from '../link-button.tsx'
import { Moment } from '../moment.tsx'
import css from '../network.module.css'
import { waitingWords } from '../peers/words.ts'
import { useLive } from '../use-live.ts'
import { useNames } from '../use-names.ts'
import { NotTaken, WaitingEvents, WaitingRooms } from './queue-parts.tsx'
import { queueDetailSchema, type Queue, type QueueDetail } from './schema.ts'
import type { useRetry } from './use-retry.ts'
import { leftOf, useTick } from './use-tick.ts'
import { eduWords, nextWords, stateWords, waits } from './words.ts'

interface QueuePanelProps {
  server: string
  retries: ReturnType<typeof useRetry>
  onClose: () => void
}

/** One queue: what is in it, why it does not move, and what happens next. */
export function QueuePanel({ server, retries, onClose }: QueuePanelProps) {
  const { value, at, problem } = useLive(`queues/${encodeURIComponent(server)}`, queueDetailSchema)
  const names = useNames()
  return (
    <SidePanel wide title={names.server(server)} onClose={onClose}>
      <div className={css.panel}>
        {value === undefined ? (
          problem === undefined ? (
            <output className={css.waiting}>
              <Spinner /> Loading…
            </output>
          ) : (
            <Note tone="warn">{problem}</Note>
          )
        ) : (
          <Detail detail={value} at={at} retries={retries} />
        )}
      </div>
    </SidePanel>
  )
}

function Detail({
  detail,
  at,
  retries,
}: {
  detail: QueueDetail
  at: number
  retries: ReturnType<typeof useRetry>
}) {
  const { queue } = detail
  const left = leftOf(queue, at, useTick())
  const now = useNow(1_000)
  const state = stateWords(queue, left)
  const busy = retries.busy.has(queue.server_name)
  const result = retries.result?.of === queue.server_name ? retries.result : undefined
  return (
    <>
      <div className={css.part}>
        <div className={css.actions}>
          <Tag tone={state.tone}>{state.words}</Tag>
        </div>
        <p className={css.server}>{queue.server_name}</p>
      </div>
      <p role="timer">{nextWords(queue, left)}</p>
      <div className={css.part}>
        <div className={css.actions}>
          {waits(queue) && queue.allowed && (
            <Button
              size="sm"
              variant="primary"
              busy={busy}
              onClick={() => void retries.retry(queue.server_name)}
            >
              {!busy && <RotateCw aria-hidden="true" />} Retry now
            </Button>
          )}
          <LinkButton href={inspectorHref('tester', [queue.server_name])}>
            <Stethoscope aria-hidden="true" /> Test this server
          </LinkButton>
          <LinkButton href={inspectorHref('peers', [queue.server_name])}>Peer</LinkButton>
          <LinkButton href={inspectorHref('transactions', [], { server: queue.server_name })}>
            Transactions
          </LinkButton>
        </div>
        {result !== undefined && (
          <output className={result.ok ? css.muted : 'field-error'}>{result.words}</output>
        )}
      </div>
      {waits(queue) && (
        <section className={css.part}>
          <h3>Why it waits</h3>
          <Facts rows={factsOf(queue, now)} />
          {queue.failed_addresses.length > 0 && queue.failures > 0 && (
            <ul className={css.list} aria-label="Addresses that failed">
              {queue.failed_addresses.map((each) => (
                <li key={each.address} className={css.item}>
                  <span className={css.mono}>{each.address}</span>
                  <span className={css.times}>{formatAgo(each.ts, now)}</span>
                  <p>{each.words}</p>
                </li>
              ))}
            </ul>
          )}
        </section>
      )}
      <WaitingRooms rooms={detail.rooms} isPartial={detail.partial} now={now} />
      <WaitingEvents events={detail.first} total={queue.pdus} now={now} />
      {detail.edus.length > 0 && (
        <section className={css.part}>
          <h3>Notices</h3>
          <ul className={css.list}>
            {detail.edus.map((edu) => (
              <li key={edu.type} className={css.item}>
                <span title={edu.type}>{eduWords(edu)}</span>
                <span className={css.times}>{formatBytes(edu.bytes)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <NotTaken entries={detail.not_taken} now={now} />
    </>
  )
}

function factsOf(queue: Queue, now: number): [string, ReactNode][] {
  const moment = (term: string, ts: number | null): [string, ReactNode][] =>
    ts === null ? [] : [[term, <Moment key={term} ts={ts} now={now} />]]
  return [
    ['Waiting', `${waitingWords(queue)}, ${formatBytes(queue.bytes)}`],
    ...moment('Oldest', queue.oldest_ts),
    ...(queue.error === null ? [] : [['Last answer', queue.error] as [string, ReactNode]]),
    ...(queue.failures === 0
      ? []
      : [
          ['Attempts', queue.failures === 1 ? 'one failed' : `${queue.failures} in a row failed`] as [
            string,
            ReactNode,
          ],
        ]),
    ...moment('Last try', queue.last_attempt_ts),
    ...moment('Away since', queue.away_since_ts),
    [
      'Last seen',
      queue.last_seen_ts === null ? 'never' : <Moment key="seen" ts={queue.last_seen_ts} now={now} />,
    ],
  ]
}
