import type {
  Person,
  RoomDetail,
  RoomEvent,
  RoomFacts,
  RoomSummary,
  StateContent,
  TimelineSnapshot,
} from '../client/types.ts'

/** Builders of plain client data, for tests and stories. */
export const person = (name: string): Person => ({
  userId: `@${name.toLowerCase()}:example.org`,
  name,
  avatarMxc: undefined,
})

let nextId = 0

export function event(sender: string, ts: number, change: Partial<RoomEvent> = {}): RoomEvent {
  return {
    id: `$${nextId++}`,
    type: 'm.room.message',
    stateKey: undefined,
    sender: person(sender),
    target: undefined,
    named: [],
    ts,
    content: { msgtype: 'm.text', body: 'Hello' },
    prevContent: {},
    redacted: false,
    edited: false,
    txnId: undefined,
    reactions: [],
    replyTo: undefined,
    threadId: undefined,
    thread: undefined,
    mentionsMe: false,
    ...change,
  }
}

export function snapshot(
  events: readonly RoomEvent[],
  change: Partial<TimelineSnapshot> = {},
): TimelineSnapshot {
  return {
    events,
    pending: [],
    live: true,
    canLoadNewer: false,
    loadingNewer: false,
    readUpTo: new Map(),
    fullyRead: undefined,
    canLoadOlder: false,
    loadingOlder: false,
    ...change,
  }
}

export function room(name: string, change: Partial<RoomSummary> = {}): RoomSummary {
  return {
    id: `!${name}:example.org`,
    membership: 'join',
    isSpace: false,
    children: [],
    name,
    topic: '',
    avatarMxc: undefined,
    directWith: undefined,
    inviter: undefined,
    lastMessage: undefined,
    lastActivityTs: 0,
    unread: 0,
    highlights: 0,
    markedUnread: false,
    memberCount: 2,
    asking: 0,
    replacedBy: undefined,
    ...change,
  }
}

export function detail(name: string, change: Partial<RoomDetail> = {}): RoomDetail {
  return {
    ...room(name),
    members: [],
    typing: [],
    encrypted: false,
    joinRule: 'invite',
    pinned: [],
    can: {
      send: true,
      react: true,
      pin: true,
      notifyRoom: true,
      invite: true,
      setName: true,
      setTopic: true,
      setChildren: true,
      redactOthers: false,
      kick: false,
      ban: false,
    },
    ...change,
  }
}

export function facts(
  state: Readonly<Record<string, StateContent>>,
  change: Partial<RoomFacts> = {},
): RoomFacts {
  return {
    id: '!room:example.org',
    version: '11',
    creators: [],
    createdBy: person('Ann'),
    state,
    knocking: [],
    banned: [],
    ...change,
  }
}
