import type { UserId } from '../core/types.ts'
import { RoomError } from './api.ts'
import { sendNow } from './build-event.ts'
import { breathe } from './check-pdu.ts'
import type { RoomsContext } from './context.ts'
import { memberContent } from './member-content.ts'

/** Client-server "Events on Change of Profile Information": a membership event in every joined room. */
export async function updateProfileInRooms(ctx: RoomsContext, user: UserId): Promise<void> {
  for (const roomId of ctx.store.roomsJoinedBy(user)) {
    const current = ctx.store.currentStateEvent(roomId, 'm.room.member', user)
    if (current === undefined || ctx.store.getRoom(roomId)?.participating !== true) continue
    // What the client put there stays; who authorised the join was about the join.
    const {
      displayname: _name,
      avatar_url: _avatar,
      reason: _reason,
      join_authorised_via_users_server: _via,
      ...rest
    } = current.pdu.content
    try {
      sendNow(ctx, roomId, {
        type: 'm.room.member',
        stateKey: user,
        sender: user,
        content: memberContent(ctx, user, 'join', rest),
      })
    } catch (error) {
      if (!(error instanceof RoomError)) throw error
      ctx.log.note('profile not updated', { room: roomId, user, reason: error.message }, 'warn')
    }
    await breathe()
  }
}
