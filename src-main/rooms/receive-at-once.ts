import type { EventId, Pdu, PduJson, RoomId, ServerName } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import type { CheckedPdu } from './check-pdu.ts'
import type { Effects } from './commit.ts'
import type { RoomsContext } from './context.ts'
import { policyOf } from './policy-server.ts'
import type { StagedPdu } from './ports.ts'
import { noteIdOfStaged } from './staged-id.ts'
import type { StagedQueue } from './staged-queue.ts'

/** Keys that are here are found in less; what is not checked by then is staged first. */
const PATIENCE_MS = 100
/** So long one transaction may hold the event loop. */
const PLACING_MS = 15

export interface ReceivedPdu {
  readonly roomId: RoomId
  readonly json: PduJson
  readonly eventId: EventId
  readonly pdu: Pdu
}

/**
 * The checks that need no place in the room, before anything is written: what needs nobody else is then placed in
 * the very transaction that stages it, which saves waiting for the disk once more. Undefined where staging has to
 * come first: for a room that is busy or has others waiting, for strangers, or while keys are fetched.
 */
export async function checkFirst(
  ctx: RoomsContext,
  queue: StagedQueue,
  origin: ServerName,
  pdus: readonly ReceivedPdu[],
): Promise<readonly CheckedPdu[] | undefined> {
  const rooms = new Set(pdus.map(({ roomId }) => roomId))
  if (pdus.length === 0 || ![...rooms].every((roomId) => isQuiet(ctx, queue, origin, roomId)))
    return undefined
  let cancel = (): void => undefined
  const late = new Promise<undefined>((resolve) => {
    cancel = ctx.clock.setTimeout(() => resolve(undefined), PATIENCE_MS)
  })
  const checks = pdus.map(async ({ roomId, pdu }): Promise<CheckedPdu> => {
    const room = ctx.store.getRoom(roomId)
    return room === undefined
      ? { result: 'retry', reason: 'the room is gone' }
      : queue.check(room, origin, pdu.json, pdu)
  })
  try {
    return await Promise.race([Promise.all(checks), late])
  } finally {
    cancel()
  }
}

/** In the transaction in which they were staged. What it does not place stays staged. */
export function placeAtOnce(
  ctx: RoomsContext,
  queue: StagedQueue,
  { effects, item }: { effects: Effects; item: LogItem },
  origin: ServerName,
  received: { pdus: readonly ReceivedPdu[]; checks: readonly CheckedPdu[]; staged: readonly number[] },
  settled: (() => void)[],
): void {
  const started = ctx.clock.monotonic()
  const now = ctx.clock.now()
  /** What comes after an event that needs others may need it. */
  const stopped = new Set<RoomId>()
  for (const [index, { roomId, json, eventId }] of received.pdus.entries()) {
    if (ctx.clock.monotonic() - started > PLACING_MS) return
    const [check, id] = [received.checks[index], received.staged[index]]
    const room = ctx.store.getRoom(roomId)
    if (check === undefined || id === undefined || room?.participating !== true || stopped.has(roomId))
      continue
    const staged: StagedPdu = { id, origin, roomId, json, receivedTs: now }
    noteIdOfStaged(staged, eventId)
    if (!queue.decide(item, effects, room, staged, check, settled, 'together')) stopped.add(roomId)
  }
}

/** Nothing is under way in the room that an event could overtake. */
export function isQuiet(ctx: RoomsContext, queue: StagedQueue, origin: ServerName, roomId: RoomId): boolean {
  return (
    !ctx.stopped &&
    !queue.isBusy(roomId) &&
    ctx.store.getRoom(roomId)?.participating === true &&
    ctx.store.joinedServers(roomId).includes(origin) &&
    ctx.store.stagedHeads(roomId, 1).length === 0 &&
    policyOf(ctx, roomId) === undefined
  )
}
