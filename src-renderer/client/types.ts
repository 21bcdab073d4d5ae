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

/** Somebody who is not in the room, but whom it knows. */
export interface Outsider extends Person {
  readonly membership: 'knock' | 'ban'
  readonly reason: string | undefined
  /** Who banned them. */
  readonly by: Person | undefined
  readonly ts: number
}

export type StateContent = Readonly<Record<string, unknown>>

/** What the settings of a room are made of. */
export interface RoomFacts {
  readonly id: string
  readonly version: string
  /** Above every power level, from room version 12 on; before, nobody is. */
  readonly creators: readonly string[]
  readonly createdBy: Person | undefined
  /** Event type -> content, of the state with an empty key; a type that is not there was never set. */
  readonly state: Readonly<Record<string, StateContent>>
  readonly knocking: readonly Outsider[]
  readonly banned: readonly Outsider[]
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
  /** Others of whom its content speaks, such as those whose power it changes. */
  readonly named: readonly Person[]
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
  /** Root of the thread that it is written in. */
  readonly threadId: string | undefined
  /** `sent`: confirmed under `eventId`, but not yet seen in the timeline. */
  readonly state: 'waiting' | 'sent' | 'failed'
  readonly eventId: string | undefined
  readonly error: string | undefined
}

export interface RoomSummary {
  readonly id: string
  /** `knock`: asked to come in, and not answered yet. */
  readonly membership: 'join' | 'invite' | 'knock'
  readonly isSpace: boolean
  /** Of a space: the ids of the rooms in it, in its order. */
  readonly children: readonly string[]
  readonly name: string
  readonly topic: string
  readonly avatarMxc: string | undefined
  /** The other person, when the account data `m.direct` (or the invitation) says it is a conversation of two. */
  readonly directWith: Person | undefined
  readonly inviter: Person | undefined
  readonly lastMessage: RoomEvent | undefined
  readonly lastActivityTs: number
  /** Messages that notify, threads included. */
  readonly unread: number
  readonly highlights: number
  /** The person marked the room unread by hand. */
  readonly markedUnread: boolean
  readonly memberCount: number
  /** How many ask to come in; none where the person may not let them in. */
  readonly asking: number
  /** The room that took its place, by an upgrade. */
  readonly replacedBy: string | undefined
}

export interface NewSpace {
  readonly name: string
  readonly topic: string
  readonly whoMayJoin: 'private' | 'public' | 'knock'
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
    /** May put rooms into this space. */
    readonly setChildren: boolean
    readonly redactOthers: boolean
    readonly kick: boolean
    readonly ban: boolean
  }
}

/**
 * What is shown of a room or of a thread: its newest events, or those around an event that was jumped to.
 * Waiting reactions, edits and deletions are applied to `events` already.
 */
export interface TimelineSnapshot {
  /** Oldest first. A room's leaves out what is in threads, a thread's begins with the root. */
  readonly events: readonly RoomEvent[]
  /** Messages of one's own on their way, in order. */
  readonly pending: readonly PendingMessage[]
  /** Reaches to the newest event; false after a jump into the past. */
  readonly live: boolean
  /** User id -> newest event that this person has read. */
  readonly readUpTo: ReadonlyMap<string, string>
  /** Where the own `m.fully_read` marker is. */
  readonly fullyRead: string | undefined
  readonly canLoadOlder: boolean
  readonly loadingOlder: boolean
  /** There is more before, on computers that could not be reached when it was last asked for. */
  readonly olderUnreachable?: boolean
  readonly canLoadNewer: boolean
  readonly loadingNewer: boolean
}

/** A message as it is written. */
export interface OutgoingMessage {
  readonly msgtype: 'm.text' | 'm.emote' | 'm.notice'
  /** Plain text. */
  readonly body: string
  /** HTML, when there is more to it than the plain text. */
  readonly formattedBody?: string | undefined
  readonly mentions: { readonly userIds: readonly string[]; readonly room: boolean }
}

/** Where in a room a message goes. */
export interface SendTarget {
  readonly threadId?: string | undefined
  readonly replyTo?: RoomEvent | undefined
}

export interface OutgoingFile {
  readonly file: File
  /** Words that go with the file; empty for none. */
  readonly caption: string
  /** The HTML of the caption, and who is meant in it. */
  readonly formatted?: Pick<OutgoingMessage, 'formattedBody' | 'mentions'> | undefined
  /** Of a voice message. */
  readonly voice?: { readonly durationMs: number; readonly waveform: readonly number[] } | undefined
}

/** A file on its way to the own node. */
export interface Upload {
  readonly id: string
  readonly roomId: string
  readonly threadId: string | undefined
  readonly name: string
  /** MIME type. */
  readonly type: string
  /** Bytes. */
  readonly size: number
  readonly sentBytes: number
  readonly state: 'waiting' | 'sending' | 'failed'
  readonly error: string | undefined
}

/** Where an own message has arrived, one row per other server of the room. */
export interface Delivery {
  readonly serverName: string
  /** The people of the room whose server it is. */
  readonly people: readonly Person[]
  readonly state: 'waiting' | 'delivered' | 'refused' | 'failed'
  readonly ts: number | undefined
  readonly error: string | undefined
  /** It waits because the owner of that server does not allow this one. */
  readonly denied: boolean
}

/** The threads of a room, newest reply first; each root has its `thread`. */
export interface ThreadList {
  readonly roots: readonly RoomEvent[]
  readonly status: 'loading' | 'ready' | 'failed'
  readonly canLoadMore: boolean
}

/** Messages with files, newest first. */
export interface FileList {
  readonly events: readonly RoomEvent[]
  readonly status: 'loading' | 'ready' | 'failed'
  readonly canLoadMore: boolean
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
  /** The settings of this Hearth do not allow it. */
  readonly denied: boolean
}

/** One of `GET /_hearth/v1/network`, in words for people. */
export interface NetworkProblem {
  readonly words: string
  readonly help: string
}

/** A network interface of the node's machine. */
export interface NetworkInterface {
  readonly name: string
  readonly addresses: readonly string[]
  readonly kind: 'network' | 'virtual' | 'point_to_point' | 'loopback'
  /** Used where nobody chose. */
  readonly automatic: boolean
  /** Used now. */
  readonly used: boolean
}

export interface NetworkInterfaces {
  /** False where the node was started without it. */
  readonly discovery: boolean
  readonly interfaces: readonly NetworkInterface[]
}

export interface NearbySnapshot {
  /** `unavailable`: this account is not the node's owner, or the server is no Hearth. */
  readonly status: 'loading' | 'ready' | 'unavailable'
  readonly peers: readonly Peer[]
  /** What keeps people from appearing or from being reached. */
  readonly problems?: readonly NetworkProblem[]
  /** Servers whose owners do not allow this one; those of whom they tell need not be nearby. */
  readonly deniedBy?: readonly string[]
}

export interface Session {
  readonly clientUrl: string
  readonly userId: string
  readonly deviceId: string
  readonly accessToken: string
}
