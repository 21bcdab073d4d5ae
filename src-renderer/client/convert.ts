import {
  EventTimeline,
  EventType,
  NotificationCountType,
  type MatrixEvent,
  type Room,
  type RoomMember,
} from 'matrix-js-sdk'
import { directInviter } from './direct-invite.ts'
import { cleanName, fallbackName, fingerprintOf, serverOf } from './names.ts'
import type { Member, Person, RoomDetail, RoomEvent, RoomSummary, TimelineSnapshot } from './types.ts'

/** What conversion needs to know besides the SDK's own objects. */
export interface Surroundings {
  readonly myUserId: string
  directPartner(roomId: string): string | undefined
  /** The name a nearby person announces, for one whose profile is not known yet. */
  nearbyName(userId: string): string | undefined
}

export function toPerson(around: Surroundings, room: Room | null, userId: string): Person {
  const member = room?.getMember(userId)
  const state = member?.events.member
  // A departure carries no name, but the membership before it did.
  const gone = state?.getContent()['membership'] === 'leave' || state?.getContent()['membership'] === 'ban'
  const profile = gone ? { ...state?.getPrevContent(), ...state?.getContent() } : state?.getContent()
  const raw: unknown = profile?.['displayname']
  const name = cleanName(typeof raw === 'string' ? raw : undefined)
  const avatar: unknown = profile?.['avatar_url']
  return {
    userId,
    name: name ?? cleanName(around.nearbyName(userId)) ?? fallbackName(userId),
    avatarMxc: typeof avatar === 'string' ? avatar : undefined,
  }
}

/** People of one name in one room are told apart by their server's fingerprint. */
export function distinguish<T extends Person>(people: readonly T[]): T[] {
  const count = new Map<string, number>()
  for (const { name } of people) count.set(name, (count.get(name) ?? 0) + 1)
  return people.map((each) =>
    (count.get(each.name) ?? 0) > 1
      ? { ...each, name: `${each.name} (${fingerprintOf(serverOf(each.userId))})` }
      : each,
  )
}

/** Servers send these to tie loose ends of a room's history together; they say nothing to people. */
const HIDDEN_TYPES = new Set(['org.matrix.dummy_event', EventType.RoomRedaction as string])
const HIDDEN_RELATIONS = new Set(['m.replace', 'm.annotation'])

export function isShown(event: MatrixEvent): boolean {
  const relation: unknown = event.getWireContent()['m.relates_to']?.rel_type
  if (HIDDEN_TYPES.has(event.getType())) return false
  if (event.isRedacted()) return !event.isState() && event.getType() !== 'm.reaction'
  return !(typeof relation === 'string' && HIDDEN_RELATIONS.has(relation))
}

interface Converted {
  readonly sender: Person
  readonly target: Person | undefined
  readonly redacted: boolean
  readonly replacedBy: string | undefined
  readonly value: RoomEvent
}

/** Events change only by redaction, by an edit, or by a new name of their people; all others keep their object. */
const converted = new WeakMap<MatrixEvent, Converted>()

export function toRoomEvent(person: (userId: string) => Person, event: MatrixEvent): RoomEvent {
  const sender = person(event.getSender() ?? '')
  const target = toTarget(person, event)
  const redacted = event.isRedacted()
  const replacedBy = event.replacingEventId()
  const known = converted.get(event)
  if (
    known !== undefined &&
    known.redacted === redacted &&
    known.replacedBy === replacedBy &&
    isSamePerson(known.sender, sender) &&
    isSamePerson(known.target, target)
  ) {
    return known.value
  }
  const value: RoomEvent = {
    id: event.getId() ?? '',
    type: event.getType(),
    stateKey: event.getStateKey(),
    sender,
    target,
    ts: event.getTs(),
    content: event.getContent(),
    prevContent: event.getPrevContent(),
    redacted,
    edited: replacedBy !== undefined,
    txnId: event.getUnsigned().transaction_id,
    reactions: [],
    replyTo: undefined,
    threadId: undefined,
    thread: undefined,
    mentionsMe: false,
  }
  converted.set(event, { sender, target, redacted, replacedBy, value })
  return value
}

/** Who a membership is about. Somebody who left has no name any more, except in what was before. */
function toTarget(person: (userId: string) => Person, event: MatrixEvent): Person | undefined {
  const stateKey = event.getStateKey()
  if (event.getType() !== (EventType.RoomMember as string) || stateKey === undefined) return undefined
  const told: unknown = event.getContent()['displayname'] ?? event.getPrevContent()['displayname']
  const name = cleanName(typeof told === 'string' ? told : undefined)
  const known = person(stateKey)
  return name === undefined ? known : { ...known, name }
}

function isSamePerson(a: Person | undefined, b: Person | undefined): boolean {
  return a?.userId === b?.userId && a?.name === b?.name && a?.avatarMxc === b?.avatarMxc
}

function joinedOrInvited(room: Room): RoomMember[] {
  return room.getMembers().filter((each) => each.membership === 'join' || each.membership === 'invite')
}

export function toSummary(around: Surroundings, room: Room): RoomSummary {
  const membership = room.getMyMembership() === 'invite' ? 'invite' : 'join'
  const partnerId = around.directPartner(room.roomId)
  const inviterId =
    membership === 'invite' ? room.getMember(around.myUserId)?.events.member?.getSender() : undefined
  const directId = partnerId ?? directInviter(room, around.myUserId)
  const directWith = directId === undefined ? undefined : toPerson(around, room, directId)
  const state = room.getLiveTimeline().getState(EventTimeline.FORWARDS)
  const topic: unknown = state?.getStateEvents(EventType.RoomTopic, '')?.getContent()['topic']
  const explicit: unknown = state?.getStateEvents(EventType.RoomName, '')?.getContent()['name']
  const explicitName = typeof explicit === 'string' ? cleanName(explicit) : undefined
  const last = lastMessage(around, room)
  return {
    id: room.roomId,
    membership,
    name: explicitName ?? directWith?.name ?? nameFromMembers(around, room),
    topic: typeof topic === 'string' ? topic : '',
    avatarMxc: room.getMxcAvatarUrl() ?? directWith?.avatarMxc,
    directWith,
    inviter: inviterId === undefined ? undefined : toPerson(around, room, inviterId),
    lastMessage: last,
    lastActivityTs: last?.ts ?? Math.max(0, room.getLastActiveTimestamp()),
    unread: room.getUnreadNotificationCount(NotificationCountType.Total),
    highlights: room.getUnreadNotificationCount(NotificationCountType.Highlight),
    markedUnread: false,
    memberCount: joinedOrInvited(room).filter((each) => each.membership === 'join').length,
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

function lastMessage(around: Surroundings, room: Room): RoomEvent | undefined {
  const events = room.getLiveTimeline().getEvents()
  for (let index = events.length - 1; index >= 0; index--) {
    const event = events[index]
    if (event === undefined || !isShown(event) || event.isState()) continue
    return toRoomEvent((userId) => toPerson(around, room, userId), event)
  }
  return undefined
}

export function toDetail(around: Surroundings, room: Room): RoomDetail {
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
    ...toSummary(around, room),
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
      kick: state?.hasSufficientPowerLevelFor('kick', myPower) ?? false,
      ban: state?.hasSufficientPowerLevelFor('ban', myPower) ?? false,
      redactOthers: state?.hasSufficientPowerLevelFor('redact', myPower) ?? false,
    },
  }
}

export function toTimeline(
  around: Surroundings,
  room: Room,
  rest: Pick<TimelineSnapshot, 'pending' | 'loadingOlder'>,
): TimelineSnapshot {
  const timeline = room.getLiveTimeline()
  const everyone = room.getMembers().map((each) => toPerson(around, room, each.userId))
  const known = new Map(distinguish(everyone).map((each) => [each.userId, each]))
  const person = (userId: string): Person => known.get(userId) ?? toPerson(around, room, userId)
  const all = timeline.getEvents()
  /** Receipts may stand on events that are not drawn, such as redactions: the drawn one before counts. */
  const drawnAtOrBefore = (eventId: string): string => {
    const index = all.findLastIndex((event) => event.getId() === eventId)
    return (
      all
        .slice(0, index + 1)
        .findLast(isShown)
        ?.getId() ?? eventId
    )
  }
  const readUpTo = new Map<string, string>()
  for (const member of room.getJoinedMembers()) {
    const eventId = room.getEventReadUpTo(member.userId, true)
    if (eventId !== null) readUpTo.set(member.userId, drawnAtOrBefore(eventId))
  }
  const fullyRead: unknown = room.getAccountData(EventType.FullyRead)?.getContent()['event_id']
  return {
    events: all.filter(isShown).map((event) => toRoomEvent(person, event)),
    pending: rest.pending,
    live: true,
    canLoadNewer: false,
    loadingNewer: false,
    readUpTo,
    fullyRead: typeof fullyRead === 'string' ? drawnAtOrBefore(fullyRead) : undefined,
    canLoadOlder: timeline.getPaginationToken(EventTimeline.BACKWARDS) !== null,
    loadingOlder: rest.loadingOlder,
  }
}

function pinnedIds(pinned: unknown): string[] {
  return Array.isArray(pinned) ? pinned.filter((id): id is string => typeof id === 'string') : []
}
