import type { UserId } from '../core/types.ts'
import { breathe } from '../trace/turns.ts'
import { RoomError } from './api.ts'
import { sendRecommended } from './send-recommended.ts'
import { inBackground, type RoomsContext } from './context.ts'
import { memberContent } from './member-content.ts'

/**
 * Client-server "Events on Change of Profile Information": a membership event in every joined room that does
 * not have the profile yet. A room that refuses it keeps none of the others from it; what a full disk or
 * the end of the process interrupts is finished by `resumeProfileUpdates`.
 */
export async function updateProfileInRooms(ctx: RoomsContext, user: UserId): Promise<void> {
  const before = ctx.users.profile(user)
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
    const profile = ctx.users.profile(user)
    if (current.pdu.content['displayname'] === profile?.displayName) {
      if (current.pdu.content['avatar_url'] === profile?.avatarUrl) continue
    }
    try {
      await sendRecommended(ctx, roomId, {
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
  const after = ctx.users.profile(user)
  // Changed once more meanwhile: rooms at the beginning have an older one, and the newer change sees to them.
  if (before?.displayName !== after?.displayName || before?.avatarUrl !== after?.avatarUrl) return
  ctx.users.profileIsInRooms?.(user)
}

/** What an earlier run did not finish. */
export function resumeProfileUpdates(ctx: RoomsContext): void {
  for (const user of ctx.users.unfinishedProfiles?.() ?? [])
    inBackground(ctx, 'profile in rooms', { user }, () => updateProfileInRooms(ctx, user))
}
