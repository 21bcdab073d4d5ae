import { publicKeyFromServerName } from '../../core/ids.ts'
import type { ServerName } from '../../core/types.ts'
import type { RemoteError } from '../../rooms/ports.ts'
import { failureWords } from './failure-words.ts'
import type { BackoffRecord } from './ports.ts'

const FIRST_BACKOFF_MS = 1_000
/** A key-named peer is on this LAN or comes back to it; probing it costs nothing. */
const MAX_BACKOFF_NEARBY_MS = 10 * 60_000
const MAX_BACKOFF_MS = 60 * 60_000
/** Between attempts, however often the back-off is reset. */
export const MIN_INTERVAL_MS = 1_000

/** When to try a destination again, after one more failure. */
export function nextBackoff(
  destination: ServerName,
  error: RemoteError,
  args: {
    readonly now: number
    /** Those before this one. */
    readonly failures: number
    /** It was heard of during the attempt: the least there may be between two, counted from `lastAttempt`. */
    readonly soonFrom: number | undefined
    /** When the first failure in a row was; undefined for this one. */
    readonly since?: number | undefined
    /** 0 to 1: peers that failed together do not come back together. */
    readonly jitter: number
  },
): BackoffRecord {
  const cap = publicKeyFromServerName(destination) === undefined ? MAX_BACKOFF_MS : MAX_BACKOFF_NEARBY_MS
  const failures = args.failures + 1
  const full = Math.min(cap, FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 30))
  const delay =
    args.soonFrom === undefined
      ? full * (0.5 + args.jitter / 2)
      : Math.max(0, args.soonFrom + MIN_INTERVAL_MS - args.now)
  const asked = error.body?.['retry_after_ms']
  const atLeast = typeof asked === 'number' && asked > 0 ? Math.min(asked, cap) : 0
  // A server that says how long to wait is there, and has failed at nothing: then, and not much later.
  const common = { lastError: failureWords(error), since: args.since ?? args.now }
  if (error.status === 429 && atLeast > 0) {
    const retryAt = Math.ceil(args.now + atLeast * (1 + args.jitter / 10))
    return { failures: args.failures, retryAt, ...common }
  }
  return { failures, retryAt: Math.round(args.now + Math.max(delay, atLeast)), ...common }
}
