import type { RoomId, UserId } from '../core/types.ts'
import { RoomError } from './api.ts'
import { commit } from './commit.ts'
import type { RoomsContext } from './context.ts'

/** Client-server `POST /forget`: a room that the user has left is not shown any more. */
export function forgetRoom(ctx: RoomsContext, user: UserId, roomId: RoomId): void {
  const membership = ctx.store.localMembership(user, roomId)?.membership
  if (membership !== undefined && membership !== 'leave' && membership !== 'ban') {
    throw new RoomError(400, 'M_UNKNOWN', 'You have to leave this room before you can forget it.')
  }
  if (membership === undefined) return
  commit(ctx, (effects) => {
    ctx.store.forgetRoom(user, roomId)
    effects.users.add(user)
  })
}
