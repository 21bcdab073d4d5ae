import type { EventId, RoomId, ServerName } from '../core/types.ts'
import { enqueue, type Effects } from './commit.ts'
import { isLocal, type RoomsContext } from './context.ts'

/**
 * Where a fork is resolved, servers may turn out to be in the room that this one had taken for outside, and to
 * whom it has therefore sent nothing meanwhile. They get this server's newest events, behind which they find
 * the others: else they would know nothing of them until somebody speaks again.
 */
export function tellReturned(
  ctx: RoomsContext,
  effects: Effects,
  roomId: RoomId,
  before: readonly ServerName[],
  extremities: readonly EventId[],
): void {
  const known = new Set(before)
  const returned = ctx.store.joinedServers(roomId).filter((server) => !known.has(server))
  if (returned.length === 0) return
  for (const { pdu } of ctx.store.getEvents(extremities)) {
    if (isLocal(ctx, pdu.sender)) enqueue(ctx, effects, pdu, returned)
  }
}
