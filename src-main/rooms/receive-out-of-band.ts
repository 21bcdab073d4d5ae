import { own, ownString } from '../core/json.ts'
import type { PduJson, RoomId, ServerName, UserId } from '../core/types.ts'
import { checkPdu } from './check-pdu.ts'
import { commit } from './commit.ts'
import { isLocal, serverOf, type RoomsContext } from './context.ts'
import { membershipOf } from './current-state.ts'

/**
 * An invite taken back, or a knock refused, in a room that this server is not in: it has no state to
 * check the event against, so it believes only the person's own server, or that of who invited them.
 * Answers if that is what the event was.
 */
export async function outOfBandLeave(
  ctx: RoomsContext,
  roomId: RoomId,
  origin: ServerName,
  json: PduJson,
): Promise<boolean> {
  const room = ctx.store.getRoom(roomId)
  const target = ownString(json, 'state_key') as UserId | undefined
  if (room === undefined || target === undefined || !isOutOfBandLeave(ctx, roomId, json)) return false
  const waiting = ctx.store.localMembership(target, roomId)
  if (waiting === undefined) return false
  const checked = await checkPdu(ctx, room, json, origin)
  if (checked.result !== 'ok') return false
  const { pdu } = checked
  const trusted = waiting.membership === 'invite' ? serverOf(waiting.sender) : origin
  if (serverOf(pdu.sender) !== trusted && pdu.sender !== target) return false
  commit(ctx, (effects) => {
    if (ctx.store.getEvent(pdu.eventId) === undefined) {
      ctx.store.insertEvent({ pdu, status: 'outlier', receivedTs: ctx.clock.now() })
    }
    ctx.store.putLocalMembership({
      ...waiting,
      membership: membershipOf(pdu.content) === 'ban' ? 'ban' : 'leave',
      eventId: pdu.eventId,
      sender: pdu.sender,
      streamPos: ctx.store.nextStreamPos(),
      strippedState: [],
    })
    effects.users.add(target)
  })
  return true
}

/** Worth a look although this server is not in the room. */
export function isOutOfBandLeave(ctx: RoomsContext, roomId: RoomId, json: PduJson): boolean {
  if (json['type'] !== 'm.room.member') return false
  const membership = own(json['content'], 'membership')
  if (membership !== 'leave' && membership !== 'ban') return false
  const target = ownString(json, 'state_key') as UserId | undefined
  if (target === undefined || !isLocal(ctx, target)) return false
  const waiting = ctx.store.localMembership(target, roomId)?.membership
  return waiting === 'invite' || waiting === 'knock'
}
