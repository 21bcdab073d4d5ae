import { ListChecks, RotateCw } from 'lucide-react'
import { inspectorHref } from '../../../model/routes.ts'
import { Button } from '../../../ui/button.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { Note } from '../../../ui/note.tsx'
import css from '../network.module.css'
import { SplitView } from '../split-view.tsx'
import { Unanswered } from '../unanswered.tsx'
import { useLive } from '../use-live.ts'
import { useNames } from '../use-names.ts'
import type { ViewProps } from '../views.ts'
import { QueuePanel } from './queue-panel.tsx'
import { QueuesTable } from './queues-table.tsx'
import { queuesSchema, type Queue } from './schema.ts'
import { useRetry } from './use-retry.ts'
import { leftOf, useTick } from './use-tick.ts'
import { waits } from './words.ts'

/** What waits for which server, why, and when it is tried again. */
export function QueuesView({ args: [server] }: ViewProps) {
  const { value, at, problem, again } = useLive('queues', queuesSchema, 1_000)
  const names = useNames()
  const tick = useTick()
  const retries = useRetry(again)
  const select = (name: string | undefined): void => {
    window.location.hash = inspectorHref('queues', name === undefined ? [] : [name])
  }

  if (value === undefined) {
    return (
      <Unanswered
        waiting="Looking into the queues…"
        problem={problem}
        icon={<ListChecks />}
        title="The queues could not be loaded"
        again={again}
      />
    )
  }
  const queues = value.queues.map((queue) => ({
    ...queue,
    shown: names.server(queue.server_name),
    left: leftOf(queue, at, tick),
  }))
  const anyWaits = queues.some(waits)
  const { result } = retries
  return (
    <SplitView
      beside={
        server !== undefined && (
          <QueuePanel key={server} server={server} retries={retries} onClose={() => select(undefined)} />
        )
      }
    >
      <div className={css.bar}>
        <p className={css.summary}>{summaryOf(queues)}</p>
        {result?.of === '' && (
          <output className={[css.summary, !result.ok && css.failed].filter(Boolean).join(' ')}>
            {result.words}
          </output>
        )}
        {anyWaits && (
          <Button size="sm" busy={retries.busy.has('')} onClick={() => void retries.retryAll()}>
            {!retries.busy.has('') && <RotateCw aria-hidden="true" />} Retry all now
          </Button>
        )}
      </div>
      {problem !== undefined && <Note tone="warn">{problem} This is how it was a moment ago.</Note>}
      <QueuesTable
        queues={queues}
        selected={server}
        narrow={server !== undefined}
        retries={retries}
        onSelect={(queue) => select(queue.server_name === server ? undefined : queue.server_name)}
        empty={
          <EmptyState icon={<ListChecks />} title="Everything has arrived">
            What this Hearth sends while another server is away waits here, with the reason and the time of
            the next attempt.
          </EmptyState>
        }
      />
    </SplitView>
  )
}

function summaryOf(queues: readonly Queue[]): string {
  const waiting = queues.filter(waits)
  if (waiting.length === 0) return 'Nothing waits.'
  const events = waiting.reduce((sum, queue) => sum + queue.pdus, 0)
  const away = waiting.filter((queue) => queue.failures > 0).length
  return [
    `${events === 1 ? '1 event waits' : `${events.toLocaleString()} events wait`} for ${waiting.length === 1 ? 'one server' : `${waiting.length} servers`}`,
    ...(away > 0
      ? [`${away === waiting.length ? (away === 1 ? 'it does' : 'all do') : `${away} do`} not answer`]
      : []),
  ].join(' · ')
}
