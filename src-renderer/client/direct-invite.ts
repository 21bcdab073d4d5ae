import { EventTimeline, EventType, type Room } from 'matrix-js-sdk'

/**
 * Who invites to a conversation of two; undefined when the invitation is to a room, or there is none. The
 * flag `is_direct` can only be set while a room is created; an invitation that had to wait for a computer to
 * come back lacks it, and is known by its room's having no name.
 */
export function directInviter(room: Room, myUserId: string): string | undefined {
  const invitation = room.getMember(myUserId)?.events.member
  if (room.getMyMembership() !== 'invite' || invitation === undefined) return undefined
  const state = room.getLiveTimeline().getState(EventTimeline.FORWARDS)
  const name: unknown = state?.getStateEvents(EventType.RoomName, '')?.getContent()['name']
  const nameless = (name === undefined || name === '') && room.getCanonicalAlias() === null
  const direct =
    invitation.getContent()['is_direct'] === true || (nameless && room.getJoinRule() === 'invite')
  return direct ? invitation.getSender() : undefined
}
