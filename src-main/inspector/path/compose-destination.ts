import type { ServerName } from '../../core/types.ts'
import type { Attempt, Findings } from './findings.ts'
import type { DeliveryFact, PathSources, QueueFact } from './ports.ts'
import type { EventReader } from './readers.ts'
import type { PathServer, PathStep } from './schema.ts'

/** More are told in number only. */
const MAX_ATTEMPTS = 20

/** What is known here of the way of an own event to one server. */
export function destinationOf(
  sources: PathSources,
  found: Findings,
  server: ServerName,
  delivery: DeliveryFact | undefined,
  readers: readonly EventReader[],
): PathServer {
  const attempts = found.attempts.filter((attempt) => attempt.server === server)
  const queue = sources.queue(server)
  const state = delivery?.state ?? 'unknown'
  const isWaiting = state === 'waiting'
  const queued = found.queued?.servers.includes(server) === true ? found.queued : undefined
  return {
    server,
    role: 'destination',
    state,
    steps: [
      {
        kind: 'queued',
        state: 'done',
        ...(queued === undefined ? {} : { ts: Math.round(queued.ts), record: queued.record }),
        words: isWaiting ? 'In the queue for this server.' : 'It was in the queue for this server.',
      },
      sentStep(attempts, delivery, queue),
      answeredStep(delivery),
    ],
    attempts: attempts.slice(-MAX_ATTEMPTS).map(attemptJson),
    attempts_before: Math.max(0, attempts.length - MAX_ATTEMPTS),
    ...(isWaiting && queue.failures > 0 ? { failures: queue.failures } : {}),
    ...(isWaiting && queue.allowed && queue.retryAt !== undefined
      ? { retry_ts: Math.round(queue.retryAt) }
      : {}),
    may_ask: queue.allowed && !isWaiting,
    readers: [...readers],
  }
}

function sentStep(
  attempts: readonly Attempt[],
  delivery: DeliveryFact | undefined,
  queue: QueueFact,
): PathStep {
  const last = attempts.at(-1)
  const at =
    last === undefined ? {} : { ts: Math.round(last.ts), ...(last.record > 0 ? { record: last.record } : {}) }
  const kind = 'sent'
  if (delivery?.state === 'waiting') {
    if (!queue.allowed)
      return {
        kind,
        state: 'failed',
        words: 'Not sent: the settings of this Hearth do not allow that server. It waits until they do.',
        ...at,
      }
    if (last?.running === true) return { kind, state: 'waiting', words: 'It is being sent now.', ...at }
    if (queue.failures > 0 || queue.lastError !== undefined)
      return {
        kind,
        state: 'failed',
        words: 'It did not get through; it is tried again.',
        ...(queue.lastError === undefined ? {} : { reason: queue.lastError }),
        ...at,
      }
    return { kind, state: 'waiting', words: 'It waits for its turn.', ...at }
  }
  if (last !== undefined) {
    const tries = attempts.length > 1 ? ` after ${attempts.length - 1} that failed` : ''
    const words = last.collected ? 'The other server came for it.' : `Sent in a transaction${tries}.`
    return { kind, state: 'done', words, ...at }
  }
  if (delivery === undefined)
    return { kind, state: 'unknown', words: 'Whether it was sent is not recorded any more.' }
  return { kind, state: 'done', words: 'Sent; the attempts are not recorded any more.' }
}

function answeredStep(delivery: DeliveryFact | undefined): PathStep {
  const kind = 'answered'
  const at = delivery?.ts === undefined ? {} : { ts: Math.round(delivery.ts) }
  const reason = delivery?.error === undefined ? {} : { reason: delivery.error }
  switch (delivery?.state) {
    case 'delivered':
      return { kind, state: 'done', words: 'The other server has it.', ...at }
    case 'refused':
      return { kind, state: 'failed', words: 'The other server refused it.', ...at, ...reason }
    case 'failed':
      return {
        kind,
        state: 'failed',
        words: 'Given up: the other server would not take it.',
        ...at,
        ...reason,
      }
    case 'waiting':
      return { kind, state: 'waiting', words: 'No answer yet.' }
    case undefined:
      return { kind, state: 'unknown', words: 'What it answered is not recorded any more.' }
  }
}

function attemptJson(attempt: Attempt): PathServer['attempts'][number] {
  const { ts, ms, txn, record, status } = attempt
  const failed = attempt.error !== undefined
  const state = attempt.running
    ? 'running'
    : attempt.refused !== undefined
      ? 'refused'
      : failed
        ? 'failed'
        : 'taken'
  return {
    ts: Math.round(ts),
    ms,
    ...(txn === undefined ? {} : { txn }),
    state,
    ...(status === undefined ? {} : { status }),
    words: wordsOf(attempt),
    ...(record > 0 ? { record } : {}),
  }
}

function wordsOf({ running, refused, error, collected }: Attempt): string {
  if (running) return 'Under way.'
  if (refused !== undefined) return refused
  if (error !== undefined) return error
  return collected ? 'Collected.' : 'Taken.'
}
