import { without } from '../core/json.ts'
import type { JsonObject, RoomId, RoomVersionId, ServerName, UserId } from '../core/types.ts'
import { RoomError } from './api.ts'
import { buildEvent } from './build-event.ts'
import { commit } from './commit.ts'
import { participatingRoom, rulesOf, serverOf, type RoomsContext } from './context.ts'
import { authoriseJoin } from './restricted-join.ts'
import { checkAcl } from './serve-history.ts'

/**
 * Server-server `GET /make_join`, `/make_leave`, `/make_knock`: an unsigned template of the event, on the
 * current extremities, that the auth rules would allow. Throws `RoomError`.
 */
export function makeMembership(
  ctx: RoomsContext,
  origin: ServerName,
  membership: 'join' | 'leave' | 'knock',
  roomId: RoomId,
  userId: UserId,
  versions: readonly string[],
): { roomVersion: RoomVersionId; event: JsonObject } {
  if (serverOf(userId) !== origin) {
    throw new RoomError(403, 'M_FORBIDDEN', 'The user is not of your server.')
  }
  const room = participatingRoom(ctx, roomId)
  checkAcl(ctx, origin, roomId)
  if (membership !== 'leave' && !versions.includes(room.version)) {
    throw new RoomError(
      400,
      'M_INCOMPATIBLE_ROOM_VERSION',
      `Your server does not know room version ${room.version}.`,
      { room_version: room.version },
    )
  }
  if (membership === 'knock' && !rulesOf(room).knock) {
    throw new RoomError(403, 'M_FORBIDDEN', 'This room cannot be knocked on.')
  }
  const { pdu } = commit(ctx, () =>
    buildEvent(ctx, room, {
      type: 'm.room.member',
      stateKey: userId,
      sender: userId,
      content: { membership, ...(membership === 'join' ? authoriseJoin(ctx, room, userId) : {}) },
    }),
  )
  return { roomVersion: room.version, event: without(pdu.json, 'hashes', 'signatures', 'event_id') }
}
