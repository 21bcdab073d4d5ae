import type { ServerName } from '../core/types.ts'
import type { RoomsContext } from './context.ts'
import { RemoteError } from './ports.ts'
import type { Remote } from './remote-ports.ts'

/** A server that answers slowly must not hold a room for longer. */
export const PATIENCE_MS = 30_000
/** What was begun goes on this long, and with so many requests at most, before it is cut off. */
const GIVEN_UP_MS = 5 * 60_000
const MAX_REQUESTS = 2_000

/**
 * Runs work that asks other servers; undefined when it takes too long for the room to wait. What was begun
 * then goes on for a bounded time, and does no harm: each of its writes looks again at what is there.
 */
export async function withPatience<T>(
  ctx: RoomsContext,
  work: (ctx: RoomsContext) => Promise<T>,
): Promise<T | undefined> {
  let cancel = (): void => undefined
  const patience = new Promise<undefined>((resolve) => {
    cancel = ctx.clock.setTimeout(() => resolve(undefined), PATIENCE_MS)
  })
  const running = work({ ...ctx, remote: boundedRemote(ctx) })
  // When nobody waits for it any more, nobody hears of its failure either: its requests are in the trace.
  running.catch(() => undefined)
  try {
    return await Promise.race([running, patience])
  } finally {
    cancel()
  }
}

/** One event may name ancestors without end, at servers that answer just fast enough. */
function boundedRemote(ctx: RoomsContext): Remote {
  const { remote, clock } = ctx
  const end = clock.monotonic() + GIVEN_UP_MS
  let left = MAX_REQUESTS
  const bounded = <T>(dest: ServerName, request: () => Promise<T>): Promise<T> => {
    if (left-- > 0 && clock.monotonic() < end) return request()
    return Promise.reject(
      new RemoteError(dest, 'too much had to be asked for one event', { retryable: false }),
    )
  }
  return {
    ...remote,
    getEvent: (dest, ...args) => bounded(dest, () => remote.getEvent(dest, ...args)),
    state: (dest, ...args) => bounded(dest, () => remote.state(dest, ...args)),
    stateIds: (dest, ...args) => bounded(dest, () => remote.stateIds(dest, ...args)),
    eventAuth: (dest, ...args) => bounded(dest, () => remote.eventAuth(dest, ...args)),
    backfill: (dest, ...args) => bounded(dest, () => remote.backfill(dest, ...args)),
    getMissingEvents: (dest, ...args) => bounded(dest, () => remote.getMissingEvents(dest, ...args)),
  }
}
