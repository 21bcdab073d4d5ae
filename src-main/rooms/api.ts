/**
 * What `client-api/` and `federation/in/` may ask of rooms. Each method is a use case in a file of
 * its own; `index.ts` binds them to their ports. Failures are `RoomError`, with the specification's code.
 */
import type {
  EventId,
  JsonObject,
  Pdu,
  PduJson,
  RoomAlias,
  RoomId,
  RoomVersionId,
  ServerName,
  UserId,
} from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import type { Finding } from './finding/api.ts'
import type { ClientTxn, Gap, Membership, StoredEvent } from './ports.ts'

/** Refused with an error code of the specification, and a sentence that a person understands. */
export class RoomError extends Error {
  readonly errcode: string
  readonly status: number
  readonly extra: JsonObject
  constructor(status: number, errcode: string, message: string, extra: JsonObject = {}) {
    super(message)
    this.name = 'RoomError'
    this.status = status
    this.errcode = errcode
    this.extra = extra
  }
}

export interface CreateRoomArgs {
  readonly creator: UserId
  readonly roomVersion?: RoomVersionId | undefined
  readonly preset?: 'private_chat' | 'public_chat' | 'trusted_private_chat' | undefined
  readonly visibility?: 'public' | 'private' | undefined
  readonly name?: string | undefined
  readonly topic?: string | undefined
  readonly aliasLocalpart?: string | undefined
  readonly invite?: readonly UserId[] | undefined
  readonly isDirect?: boolean | undefined
  readonly creationContent?: JsonObject | undefined
  readonly initialState?: readonly { type: string; stateKey: string; content: JsonObject }[] | undefined
  readonly powerLevelOverride?: JsonObject | undefined
}

export interface UpgradeArgs {
  readonly user: UserId
  readonly roomId: RoomId
  readonly version: string
  /** Of no effect in room versions that have only one creator. */
  readonly additionalCreators: readonly string[]
}

export interface SendEventArgs {
  readonly roomId: RoomId
  readonly sender: UserId
  readonly type: string
  /** Present: a state event. */
  readonly stateKey?: string | undefined
  readonly content: JsonObject
  readonly redacts?: EventId | undefined
  readonly txn?: ClientTxn | undefined
  readonly originServerTs?: number | undefined
}

export interface MembershipArgs {
  readonly roomId: RoomId
  readonly sender: UserId
  readonly target: UserId
  readonly reason?: string | undefined
}

export type PresenceName = 'online' | 'unavailable' | 'offline'

/** Which other servers learn of this server's users: all of their rooms, those named by a key, none. */
export type PresenceMode = 'on' | 'lan' | 'off'

export interface PresenceView {
  readonly userId: UserId
  readonly presence: PresenceName
  readonly statusMsg: string | undefined
  /** Milliseconds. */
  readonly lastActiveAgo: number
  readonly currentlyActive: boolean
}

export interface SetPresenceArgs {
  readonly user: UserId
  readonly device: string
  /** `offline`: the device no longer counts. */
  readonly presence: PresenceName
  /** Present: the new status of the user; undefined takes it away. */
  readonly statusMsg?: string | undefined
}

/** Who is there, here and elsewhere (client-server and server-server, "Presence"). */
export interface Presence {
  /** Grows with every change, also over restarts: `/sync` tells by it what is new. */
  readonly serial: number
  of(user: UserId): PresenceView | undefined
  /** Those that changed after `serial`. */
  since(serial: number): PresenceView[]
  /** A device of a local user says that it is there; to be repeated every three minutes at least. */
  set(args: SetPresenceArgs): void
  /** Another server was heard of or is written to: it learns of this server's users, once. */
  met(server: ServerName): void
  /** The server was away, and missed what was said meanwhile. */
  back(server: ServerName): void
  /** The server left: its users are no longer there. */
  gone(server: ServerName): void
  modeChanged(): void
  /** Whether the owner lets the server know when people are there. */
  tells(server: ServerName): boolean
  /** Tells those who believe that this server's users are there that they no longer are. */
  stop(): void
}

export interface Rooms {
  // -- for clients
  /** Out of a room for good, and nothing of it left here; resolves to whether the user is out already. Survives a crash. */
  removeRoom(args: { userId: UserId; roomId: RoomId; redact: boolean }): Promise<boolean>
  /** Records that for all rooms of a user, in the caller's transaction; `resumeRemovals` begins it. */
  removeAllRooms(user: UserId, redact: boolean): void
  /** Resolves to whether all who wish it are out of their rooms already. */
  resumeRemovals(): Promise<boolean>
  createRoom(args: CreateRoomArgs): Promise<RoomId>
  /** Replaces a room by one of another version; answers the new one. */
  upgradeRoom(args: UpgradeArgs): Promise<RoomId>
  /** Local event, durable and queued for all servers of the room when this resolves. */
  sendEvent(args: SendEventArgs): Promise<EventId>
  /** Joins locally, or through `via` / the alias's servers / the inviting server. Already joined: no-op. */
  joinRoom(args: {
    user: UserId
    room: RoomId | RoomAlias
    via?: readonly ServerName[]
    reason?: string | undefined
    extraContent?: JsonObject
  }): Promise<RoomId>
  knockRoom(args: {
    user: UserId
    room: RoomId | RoomAlias
    via?: readonly ServerName[]
    reason?: string | undefined
  }): Promise<RoomId>
  /** Leaves; rejects an invite; retracts a knock. An unreachable server never keeps the user in. */
  leaveRoom(args: { user: UserId; roomId: RoomId; reason?: string | undefined }): Promise<void>
  inviteUser(args: MembershipArgs & { isDirect?: boolean }): Promise<void>
  kickUser(args: MembershipArgs): Promise<void>
  banUser(args: MembershipArgs): Promise<void>
  unbanUser(args: MembershipArgs): Promise<void>
  forgetRoom(user: UserId, roomId: RoomId): void
  redactEvent(args: {
    roomId: RoomId
    sender: UserId
    target: EventId
    reason?: string | undefined
    txn?: ClientTxn | undefined
  }): Promise<EventId>
  resolveAlias(alias: RoomAlias): Promise<{ roomId: RoomId; servers: ServerName[] }>
  createAlias(alias: RoomAlias, roomId: RoomId, user: UserId): void
  deleteAlias(alias: RoomAlias, user: UserId): Promise<void>
  /** Rewrites this user's membership in every joined room with the new profile. */
  updateProfileInRooms(user: UserId): Promise<void>
  /**
   * May `user` see this event (history visibility, section "Room History Visibility")?
   * `servesRoom` is the federation's form of the question.
   */
  canUserSee(user: UserId, event: StoredEvent): boolean
  canServerSee(server: ServerName, event: StoredEvent): boolean
  /** Fetches older events across the gap at or below `timelinePos` (undefined: the room's oldest); true if any came. */
  backfill(roomId: RoomId, belowTimelinePos: number | undefined, limit: number): Promise<boolean>
  /** Where history is missing at or below a place in the timeline and is worth asking for, newest first. */
  openGaps(roomId: RoomId, belowTimelinePos: number): Gap[]
  /** A reader has come down to a place in the timeline: what they will want next is fetched meanwhile. */
  readAhead(roomId: RoomId, timelinePos: number): void
  /** An event that is referred to and not here, from the room's other servers; it may have no place in the timeline. */
  fetchEvent(roomId: RoomId, eventId: EventId): Promise<StoredEvent | undefined>
  /** The same with the history between it and what is here, so that it has its place; undefined when it cannot be had. */
  fetchIntoTimeline(roomId: RoomId, eventId: EventId): Promise<StoredEvent | undefined>
  /** The event nearest to a time, on that side of it, that the user may see; fetched if it lies before what is here. */
  eventNear(args: {
    roomId: RoomId
    ts: number
    dir: 'f' | 'b'
    user: UserId
  }): Promise<StoredEvent | undefined>
  setTyping(user: UserId, roomId: RoomId, typing: boolean, timeoutMs: number): void
  /** Users typing now, local and remote. */
  typingUsers(roomId: RoomId): UserId[]
  /** Increases with every change of typing in any room; with it `/sync` tells if typing changed. */
  typingSerial(roomId: RoomId): number
  readonly presence: Presence
  readonly finding: Finding
  /** Another server was heard of: what waits for it is tried again. */
  serverBack(server: ServerName): void
  putReceipt(args: {
    user: UserId
    roomId: RoomId
    eventId: EventId
    receiptType: 'm.read' | 'm.read.private'
    threadId?: string | undefined
  }): void

  // -- for other servers (the origin is authenticated by X-Matrix)
  /**
   * Stages durably, processes; one entry a PDU that could be identified: `{}` or `{ error }`. `item` gets the
   * steps: what was staged, and how each PDU fared.
   */
  receiveTransaction(
    origin: ServerName,
    txnId: string,
    pdus: readonly PduJson[],
    edus: readonly JsonObject[],
    item?: LogItem,
  ): Promise<Record<string, { error?: string }>>
  makeMembership(
    origin: ServerName,
    membership: 'join' | 'leave' | 'knock',
    roomId: RoomId,
    userId: UserId,
    versions: readonly string[],
  ): Promise<{ roomVersion: RoomVersionId; event: JsonObject }>
  receiveJoin(
    origin: ServerName,
    roomId: RoomId,
    eventId: EventId | undefined,
    json: PduJson,
  ): Promise<{ event: PduJson; state: PduJson[]; authChain: PduJson[] }>
  receiveLeave(origin: ServerName, roomId: RoomId, eventId: EventId | undefined, json: PduJson): Promise<void>
  receiveKnock(
    origin: ServerName,
    roomId: RoomId,
    eventId: EventId | undefined,
    json: PduJson,
  ): Promise<{ strippedState: JsonObject[] }>
  /** Checks, co-signs and records an invite for a user of this server; returns the signed event. */
  receiveInvite(
    origin: ServerName,
    args: {
      roomId: RoomId
      eventId: EventId
      roomVersion: string
      json: PduJson
      strippedState: readonly JsonObject[]
    },
  ): Promise<PduJson>
  /** Issues the invite that a third-party invite of this server stands for. */
  exchangeThirdPartyInvite(origin: ServerName, roomId: RoomId, body: JsonObject): Promise<void>
  /** Not authenticated: an identity server says that an address is one of our users', and what waits for it. */
  thirdPartyBound(body: JsonObject): Promise<void>
  /** State before `eventId` and its auth chain; refuses servers that are not in the room. */
  stateAt(origin: ServerName, roomId: RoomId, eventId: EventId): Promise<{ state: Pdu[]; authChain: Pdu[] }>
  eventForServer(origin: ServerName, eventId: EventId): Pdu
  /** For a server that asks how an event fared; undefined where it is not kept here. */
  eventStanding(origin: ServerName, eventId: EventId): StoredEvent | undefined
  authChainOf(origin: ServerName, roomId: RoomId, eventId: EventId): Promise<Pdu[]>
  /** Newest first; contents redacted where the server may not see them. */
  backfillForServer(origin: ServerName, roomId: RoomId, from: readonly EventId[], limit: number): Pdu[]
  /** The event nearest to a time that the server may see; 404 when there is none. */
  eventNearForServer(origin: ServerName, roomId: RoomId, ts: number, dir: 'f' | 'b'): Pdu
  missingEventsForServer(
    origin: ServerName,
    roomId: RoomId,
    args: { earliest: readonly EventId[]; latest: readonly EventId[]; limit: number; minDepth: number },
  ): Pdu[]

  /**
   * This server, or these others, were away: asks them (undefined: some in each room) for the newest event that
   * they know, and fetches what is missing. Returns at once.
   */
  askForNews(servers?: readonly ServerName[]): void
  /** Processes what an earlier run staged and did not finish. Called once at start. */
  resume(): Promise<void>
  /** Waits until nothing is being processed; for a clean stop and for tests. */
  idle(): Promise<void>
  stop(): Promise<void>
}

export type { Membership }

/** Local users as rooms need to know them; implemented over the accounts store. */
export interface LocalUsers {
  /** Has an account here, or had one. */
  exists(user: UserId): boolean
  /** May be invited: the account was not deactivated; absent: whoever exists. */
  isActive?(user: UserId): boolean
  /** Wished that what they said be erased; absent: nobody. */
  erased?(user: UserId): boolean
  /** Profile of a local user, put into their membership events. */
  profile(user: UserId): { displayName: string | undefined; avatarUrl: string | undefined } | undefined
  /** Whose changed profile is not yet in all of their rooms. */
  unfinishedProfiles?(): UserId[]
  /** The user's profile is in all of their rooms that take it. */
  profileIsInRooms?(user: UserId): void
  /** The status message that the user set last. */
  presence?(user: UserId): { statusMsg: string | undefined } | undefined
}
