/**
 * The plain data that the client layer hands upwards. Nothing here knows matrix-js-sdk: snapshots are
 * immutable and keep their identity until something in them changed.
 */

/** A value that can be read at any time and tells when it changed. */
export interface Readable<T> {
  readonly get: () => T
  readonly subscribe: (listener: () => void) => () => void
}

/** `lost` is a broken connection to the own node; `signed-out` means the access token was refused. */
export type Connection = 'starting' | 'ready' | 'lost' | 'signed-out'

export interface Person {
  readonly userId: string
  readonly name: string
  readonly avatarMxc: string | undefined
}

export interface Member extends Person {
  readonly membership: 'join' | 'invite'
  readonly powerLevel: number
}

/** One emoji (or word) under a message, and who gave it, in order of time. */
export interface Reaction {
  readonly key: string
  readonly people: readonly Person[]
  /** The event id of the own reaction with this key; undefined when there is none. */
  readonly mine: string | undefined
}

/** What the root of a thread shows of it. */
export interface ThreadSummary {
  readonly count: number
  readonly latest: RoomEvent | undefined
  readonly unread: number
  readonly highlights: number
  readonly participated: boolean
}

export interface RoomEvent {
  readonly id: string
  readonly type: string
  readonly stateKey: string | undefined
  readonly sender: Person
  /** Who the event is about, for memberships. */
  readonly target: Person | undefined
  /** Milliseconds since the epoch, as the sender's server said. */
  readonly ts: number
  readonly content: Readonly<Record<string, unknown>>
  readonly prevContent: Readonly<Record<string, unknown>>
  readonly redacted: boolean
  /** `content` is that of the newest edit. */
  readonly edited: boolean
  readonly txnId: string | undefined
  readonly reactions: readonly Reaction[]
  /** The event that this one quotes; a thread's fall-back is none. */
  readonly replyTo: string | undefined
  /** Root of the thread that this event is in. */
  readonly threadId: string | undefined
  /** Of a root: its thread. */
  readonly thread: ThreadSummary | undefined
  /** The own account is meant, by name or with the whole room. */
  readonly mentionsMe: boolean
}

/** A message that the node has not confirmed yet. */
export interface PendingMessage {
  readonly txnId: string
  readonly roomId: string
  /** Event type; `m.room.message` for most. */
  readonly type: string
  readonly content: Readonly<Record<string, unknown>>
  readonly ts: number
  /** `sent`: confirmed under `eventId`, but not yet seen in the timeline. */
  readonly state: 'waiting' | 'sent' | 'failed'
  readonly eventId: string | undefined
  readonly error: string | undefined
}

export interface RoomSummary {
  readonly id: string
  readonly membership: 'join' | 'invite'
  readonly name: string
  readonly topic: string
  readonly avatarMxc: string | undefined
  /** The other person, when the account data `m.direct` (or the invitation) says it is a conversation of two. */
  readonly directWith: Person | undefined
  readonly inviter: Person | undefined
  readonly lastMessage: RoomEvent | undefined
  readonly lastActivityTs: number
  readonly unread: number
  readonly highlights: number
  readonly memberCount: number
}

export interface RoomDetail extends RoomSummary {
  readonly members: readonly Member[]
  readonly typing: readonly Person[]
  readonly encrypted: boolean
  readonly joinRule: string
  /** Event ids, in the order in which they were pinned. */
  readonly pinned: readonly string[]
  readonly can: {
    readonly send: boolean
    readonly react: boolean
    readonly pin: boolean
    /** May mention the whole room. */
    readonly notifyRoom: boolean
    readonly invite: boolean
    readonly setName: boolean
    readonly setTopic: boolean
    readonly redactOthers: boolean
  }
}

export interface TimelineSnapshot {
  readonly events: readonly RoomEvent[]
  readonly pending: readonly PendingMessage[]
  /** User id -> newest event that this person has read. */
  readonly readUpTo: ReadonlyMap<string, string>
  /** Where the own `m.fully_read` marker is. */
  readonly fullyRead: string | undefined
  readonly canLoadOlder: boolean
  readonly loadingOlder: boolean
}

/** One row of `GET /_hearth/v1/peers`. */
export interface Peer {
  readonly serverName: string
  readonly ownerUserId: string
  /** What the node announces or remembers; people may have told none. */
  readonly displayName: string | undefined
  readonly fingerprint: string
  readonly reachable: boolean
  readonly lastSeenTs: number | undefined
  readonly queuedEvents: number
}

export interface NearbySnapshot {
  /** `unavailable`: this account is not the node's owner, or the server is no Hearth. */
  readonly status: 'loading' | 'ready' | 'unavailable'
  readonly peers: readonly Peer[]
}

export interface Session {
  readonly clientUrl: string
  readonly userId: string
  readonly deviceId: string
  readonly accessToken: string
}
