import { RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { formatBytes } from '../../../model/measures.ts'
import { inspectorHref } from '../../../model/routes.ts'
import { formatAgo } from '../../../model/time.ts'
import { useNow } from '../../../model/use-now.ts'
import { Button } from '../../../ui/button.tsx'
import { LinkButton } from '../../../ui/link-button.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { Facts } from '../event/part.tsx'
import { Moment } from '../moment.tsx'
import css from '../network.module.css'
import { waitingWords } from '../peers/words.ts'
import { ServerActions, ServerHead, ServerPanel, ServerPart } from '../server-panel.tsx'
import { useLive } from '../use-live.ts'
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
  const live = useLive(`queues/${encodeURIComponent(server)}`, queueDetailSchema)
  return (
    <ServerPanel server={server} live={live} onClose={onClose}>
      {(detail) => <Detail detail={detail} at={live.at} retries={retries} />}
    </ServerPanel>
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
  const outcome = retries.result?.of === queue.server_name ? retries.result : undefined
  return (
    <>
      <ServerHead server={queue.server_name}>
        <Tag tone={state.tone}>{state.words}</Tag>
      </ServerHead>
      <p role="timer">{nextWords(queue, left)}</p>
      <ServerActions
        server={queue.server_name}
        outcome={outcome}
        action={
          waits(queue) &&
          queue.allowed && (
            <Button
              size="sm"
              variant="primary"
              busy={busy}
              onClick={() => void retries.retry(queue.server_name)}
            >
              {!busy && <RotateCw aria-hidden="true" />} Retry now
            </Button>
          )
        }
      >
        <LinkButton href={inspectorHref('peers', [queue.server_name])}>Peer</LinkButton>
      </ServerActions>
      {waits(queue) && (
        <ServerPart title="Why it waits">
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
        </ServerPart>
      )}
      <WaitingRooms rooms={detail.rooms} isPartial={detail.partial} now={now} />
      <WaitingEvents events={detail.first} total={queue.pdus} now={now} />
      {detail.edus.length > 0 && (
        <ServerPart title="Notices">
          <ul className={css.list}>
            {detail.edus.map((edu) => (
              <li key={edu.type} className={css.item}>
                <span title={edu.type}>{eduWords(edu)}</span>
                <span className={css.times}>{formatBytes(edu.bytes)}</span>
              </li>
            ))}
          </ul>
        </ServerPart>
      )}
      <NotTaken entries={detail.not_taken} now={now} />
    </>
  )
}

type Fact = readonly [term: string, value: ReactNode]

function factsOf(queue: Queue, now: number): Fact[] {
  const moment = (term: string, ts: number): Fact => [term, <Moment key={term} ts={ts} now={now} />]
  const { oldest_ts: oldest, last_attempt_ts: attempt, away_since_ts: away, last_seen_ts: seen } = queue
  const facts: (Fact | false)[] = [
    ['Waiting', `${waitingWords(queue)}, ${formatBytes(queue.bytes)}`],
    oldest !== null && moment('Oldest', oldest),
    queue.error !== null && ['Last answer', queue.error],
    queue.failures > 0 && [
      'Attempts',
      queue.failures === 1 ? 'one failed' : `${queue.failures} in a row failed`,
    ],
    attempt !== null && moment('Last try', attempt),
    away !== null && moment('Away since', away),
    seen === null ? ['Last seen', 'never'] : moment('Last seen', seen),
  ]
  return facts.filter((fact) => fact !== false)
}
