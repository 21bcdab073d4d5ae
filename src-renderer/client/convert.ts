import { EventTimeline, EventType, NotificationCountType, type Room, type RoomMember } from 'matrix-js-sdk'
import { directInviter } from './direct-invite.ts'
import { cleanName } from './names.ts'
import { distinguish, toPerson, type Surroundings } from './people.ts'
import { pinnedIds } from './person-api.ts'
import { isMarkedUnread } from './reading.ts'
import { spaceChildren } from './spaces.ts'
import type { Member, RoomDetail, RoomEvent, RoomSummary } from './types.ts'

function joinedOrInvited(room: Room): RoomMember[] {
  return room.getMembers().filter((each) => each.membership === 'join' || each.membership === 'invite')
}

export function toSummary(around: Surroundings, room: Room, last: RoomEvent | undefined): RoomSummary {
  const mine = room.getMyMembership()
  const membership = mine === 'invite' || mine === 'knock' ? mine : 'join'
  const isSpace = room.isSpaceRoom()
  const partnerId = around.directPartner(room.roomId)
  const inviterId =
    membership === 'invite' ? room.getMember(around.myUserId)?.events.member?.getSender() : undefined
  const directId = partnerId ?? directInviter(room, around.myUserId)
  const directWith = directId === undefined ? undefined : toPerson(around, room, directId)
  const state = room.getLiveTimeline().getState(EventTimeline.FORWARDS)
  const topic: unknown = state?.getStateEvents(EventType.RoomTopic, '')?.getContent()['topic']
  const replacement: unknown = state?.getStateEvents(EventType.RoomTombstone, '')?.getContent()[
    'replacement_room'
  ]
  const explicit: unknown = state?.getStateEvents(EventType.RoomName, '')?.getContent()['name']
  const explicitName = typeof explicit === 'string' ? cleanName(explicit) : undefined
  return {
    id: room.roomId,
    membership,
    isSpace,
    children: isSpace ? spaceChildren(room) : [],
    name: explicitName ?? directWith?.name ?? nameFromMembers(around, room),
    topic: typeof topic === 'string' ? topic : '',
    avatarMxc: room.getMxcAvatarUrl() ?? directWith?.avatarMxc,
    directWith,
    inviter: inviterId === undefined ? undefined : toPerson(around, room, inviterId),
    lastMessage: last,
    lastActivityTs: last?.ts ?? Math.max(0, room.getLastActiveTimestamp()),
    unread: room.getUnreadNotificationCount(NotificationCountType.Total),
    highlights: room.getUnreadNotificationCount(NotificationCountType.Highlight),
    markedUnread: isMarkedUnread(room),
    memberCount: joinedOrInvited(room).filter((each) => each.membership === 'join').length,
    asking:
      membership === 'join' && room.canInvite(around.myUserId)
        ? room.getMembersWithMembership('knock').length
        : 0,
    replacedBy: typeof replacement === 'string' && replacement !== '' ? replacement : undefined,
  }
}

function nameFromMembers(around: Surroundings, room: Room): string {
  const alias = room.getCanonicalAlias()
  if (alias !== null) return alias
  const others = joinedOrInvited(room)
    .filter((each) => each.userId !== around.myUserId)
    .map((each) => toPerson(around, room, each.userId).name)
  if (others.length === 0) return 'Empty room'
  if (others.length <= 3) return others.join(', ')
  return `${others.slice(0, 2).join(', ')} and ${others.length - 2} others`
}

export function toDetail(around: Surroundings, room: Room, last: RoomEvent | undefined): RoomDetail {
  const state = room.getLiveTimeline().getState(EventTimeline.FORWARDS)
  const members = distinguish(
    joinedOrInvited(room).map((each): Member => ({
      ...toPerson(around, room, each.userId),
      membership: each.membership === 'invite' ? 'invite' : 'join',
      powerLevel: each.powerLevel,
    })),
  )
  const myPower = room.getMember(around.myUserId)?.powerLevel ?? 0
  const allowed = (type: EventType): boolean => state?.maySendStateEvent(type, around.myUserId) ?? false
  return {
    ...toSummary(around, room, last),
    members,
    typing: joinedOrInvited(room)
      .filter((each) => each.typing && each.userId !== around.myUserId)
      .map((each) => toPerson(around, room, each.userId)),
    encrypted: room.hasEncryptionStateEvent(),
    joinRule: room.getJoinRule(),
    pinned: pinnedIds(state?.getStateEvents(EventType.RoomPinnedEvents, '')?.getContent()['pinned']),
    can: {
      react: state?.maySendEvent(EventType.Reaction, around.myUserId) ?? false,
      pin: allowed(EventType.RoomPinnedEvents),
      notifyRoom: state?.mayTriggerNotifOfType('room', around.myUserId) ?? false,
      send: state?.maySendEvent(EventType.RoomMessage, around.myUserId) ?? false,
      invite: room.canInvite(around.myUserId),
      setName: allowed(EventType.RoomName),
      setTopic: allowed(EventType.RoomTopic),
      setChildren: allowed(EventType.SpaceChild),
      kick: state?.hasSufficientPowerLevelFor('kick', myPower) ?? false,
      ban: state?.hasSufficientPowerLevelFor('ban', myPower) ?? false,
      redactOthers: state?.hasSufficientPowerLevelFor('redact', myPower) ?? false,
    },
  }
}
