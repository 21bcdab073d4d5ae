import type { EventId, RoomId, UserId } from '../core/types.ts'
import { sleep } from '../trace/clock.ts'
import type { LogItem } from '../trace/log.ts'
import { RoomError } from './api.ts'
import type { RoomsContext } from './context.ts'
import { sendEvent } from './send-event.ts'
import { asksPolicyServer } from './send-recommended.ts'

const REDACTED_AT_ONCE = 50
const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = 10 * 60_000
/** Who wishes to be out is out after this long without any success, whoever else is away for good. */
const PATIENCE_MS = 24 * 3_600_000

/**
 * Redacts what a user said in a room, in the order in which it was said. What the room does not allow to redact
 * stays; where nobody can tell for now (its policy server is away, or wants it slower) it is tried again later.
 */
export async function redactAll(
  ctx: RoomsContext,
  item: LogItem,
  userId: UserId,
  roomId: RoomId,
  stopping: AbortSignal,
): Promise<void> {
  let after: number | undefined
  let left = 0
  for (;;) {
    const said = ctx.store.saidBy(userId, roomId, after, REDACTED_AT_ONCE)
    const last = said.at(-1)
    if (last === undefined || ctx.stopped) break
    after = last.at
    const events = said.map(({ eventId }) => eventId)
    const { refused, givenUp } = await redactPage(ctx, item, { userId, roomId, events, stopping })
    left += refused + givenUp
    // A redaction that the room refuses is refused for all; and who could not be asked for a day will not be.
    if (refused >= events.length || givenUp > 0) break
  }
  if (left > 0) item.note('not redacted', { events: left }, 'warn')
}

interface Page {
  readonly userId: UserId
  readonly roomId: RoomId
  readonly events: readonly EventId[]
  readonly stopping: AbortSignal
}

/** Until each event of the page is redacted, or refused for good. */
async function redactPage(
  ctx: RoomsContext,
  item: LogItem,
  { userId, roomId, events, stopping }: Page,
): Promise<{ refused: number; givenUp: number }> {
  const { clock, store } = ctx
  let pending = events
  let refused = 0
  let retryMs = FIRST_RETRY_MS
  let lastSuccess = clock.now()
  for (;;) {
    const round = await redactRound(ctx, userId, roomId, pending)
    refused += round.refused
    const hasMoved = round.later.length < pending.length
    pending = round.later
    if (pending.length === 0) return { refused, givenUp: 0 }
    if (hasMoved) {
      retryMs = FIRST_RETRY_MS
      lastSuccess = clock.now()
    }
    if (clock.now() - lastSuccess >= PATIENCE_MS) return { refused, givenUp: pending.length }
    item.note('redacted later', { events: pending.length, reason: round.reason }, 'info')
    await sleep(clock, Math.min(Math.max(retryMs, round.retryAfterMs), LONGEST_RETRY_MS), stopping)
    // The wish is on disk, and taken up again; or they have left meanwhile, and nothing more can be done.
    if (ctx.stopped || store.member(roomId, userId)?.membership !== 'join') return { refused, givenUp: 0 }
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
  }
}

interface Round {
  readonly refused: number
  /** Not decided yet. */
  readonly later: readonly EventId[]
  /** Why, and how long whoever could not decide wishes to be left alone. */
  readonly reason: string
  readonly retryAfterMs: number
}

async function redactRound(
  ctx: RoomsContext,
  userId: UserId,
  roomId: RoomId,
  events: readonly EventId[],
): Promise<Round> {
  const redact = (redacts: EventId): Promise<EventId> =>
    sendEvent(ctx, { roomId, sender: userId, type: 'm.room.redaction', content: {}, redacts })
  const draft = { type: 'm.room.redaction', sender: userId, content: {} }
  let refused = 0
  const later: EventId[] = []
  let last: RoomError | undefined
  const failed = (event: EventId, error: unknown): void => {
    if (!(error instanceof RoomError)) throw error
    if (isTemporary(error)) {
      last = error
      later.push(event)
    } else refused++
  }
  if (asksPolicyServer(ctx, roomId, draft)) {
    // One by one: of a policy server that is away, the first one tells enough, and others may speak in between.
    for (const [n, event] of events.entries()) {
      if (ctx.stopped) break
      await redact(event).catch((error: unknown) => failed(event, error))
      if (later.length === 0) continue
      later.push(...events.slice(n + 1))
      break
    }
  } else {
    // At the same moment, so that they share transactions.
    const sent = await Promise.allSettled(events.map(redact))
    for (const [n, event] of events.entries()) {
      const result = sent[n]
      if (result?.status === 'rejected') failed(event, result.reason)
    }
  }
  const wish = last?.extra['retry_after_ms']
  return { refused, later, reason: last?.message ?? '', retryAfterMs: typeof wish === 'number' ? wish : 0 }
}

/** Nothing is said of the redaction itself. */
function isTemporary(error: RoomError): boolean {
  return error.status === 429 || error.status >= 500
}
