import { needsRecommendation } from '../core/policy-server.ts'
import type { Pdu, RoomId } from '../core/types.ts'
import { RoomError } from './api.ts'
import { buildEvent, sameStateEvent, sendNow, type EventDraft } from './build-event.ts'
import { commit, enqueue, targetServer } from './commit.ts'
import { participatingRoom, type RoomsContext } from './context.ts'
import { membershipOf } from './current-state.ts'
import { placeEvent } from './place-event.ts'
import { policyOf, recommended } from './policy-server.ts'
import type { ClientTxn } from './ports.ts'
import { isPlaced } from './room-state.ts'

/** Whether the room's policy server has to be asked before a local user may send this. */
export function asksPolicyServer(ctx: RoomsContext, roomId: RoomId, draft: EventDraft): boolean {
  return needsRecommendation(draft) && policyOf(ctx, roomId) !== undefined
}

/**
 * `sendNow`, with the signature of the room's policy server where it has one. One after the other in a
 * room, so that they do not fork it. Throws `RoomError`.
 */
export async function sendRecommended(
  ctx: RoomsContext,
  roomId: RoomId,
  draft: EventDraft,
  txn?: ClientTxn,
): Promise<Pdu> {
  if (!asksPolicyServer(ctx, roomId, draft)) return sendNow(ctx, roomId, draft, txn)
  return await ctx.sendLanes.run(roomId, async () => {
    const known = alreadySent(ctx, roomId, draft, txn)
    if (known !== undefined) return known
    const { pdu } = commit(ctx, () => buildEvent(ctx, participatingRoom(ctx, roomId), draft))
    let signed: Pdu
    try {
      signed = await recommended(ctx, pdu)
    } catch (error) {
      // Nobody is kept in a room: others may soft-fail the leave, until they see that it is one.
      if (error instanceof RoomError && isOwnLeave(draft)) return sendNow(ctx, roomId, draft, txn)
      throw error
    }
    return commit(ctx, (effects) => {
      const servers = new Set(ctx.store.joinedServers(roomId))
      const target = targetServer(signed)
      if (target !== undefined && membershipOf(signed.content) !== 'invite') servers.add(target)
      if (!isPlaced(ctx.store.getEvent(signed.eventId))) {
        const placement = placeEvent(ctx, effects, signed)
        if (placement.status !== 'accepted') {
          throw new RoomError(
            403,
            'M_FORBIDDEN',
            'The room changed meanwhile, and does not allow this any more.',
          )
        }
      }
      enqueue(ctx, effects, signed, servers)
      if (txn !== undefined) ctx.store.putClientTxn(txn, roomId, signed.eventId)
      return signed
    })
  })
}

function alreadySent(
  ctx: RoomsContext,
  roomId: RoomId,
  draft: EventDraft,
  txn: ClientTxn | undefined,
): Pdu | undefined {
  const sent = txn === undefined ? undefined : ctx.store.clientTxn(txn, roomId)
  return sent === undefined ? sameStateEvent(ctx, roomId, draft) : ctx.store.getEvent(sent)?.pdu
}

function isOwnLeave(draft: EventDraft): boolean {
  return (
    draft.type === 'm.room.member' &&
    draft.stateKey === draft.sender &&
    membershipOf(draft.content) === 'leave'
  )
}
