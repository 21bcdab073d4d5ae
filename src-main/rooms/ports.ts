/**
 * What the use cases of `rooms/` need from storage, which implements it, and whom they tell of changes; what
 * they need of other servers is in `remote-ports.ts`. `node.ts` connects them.
 *
 * The store is synchronous: SQLite is, and a transaction that cannot be interrupted is the
 * simplest correct one. Writes outside `transaction` are a programming error and throw.
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
  StateMap,
  StateMapKey,
  UserId,
} from '../core/types.ts'
import type { PendingLeaveStore } from './leaving/ports.ts'
import type {
  RelationQuery,
  TextHit,
  TextQuery,
  ThreadQuery,
  ThreadRow,
  TimelineQuery,
} from './query-ports.ts'
import type { RefusalStore } from './refusals/ports.ts'
import type { RemovalStore } from './removal-ports.ts'

/** A position in the one stream that orders all that clients may see. */
export type StreamPos = number
/**
 * Total order of a room's timeline. Live events take steps of `TIMELINE_STEP`; events that fill a
 * gap count down from the event above the gap, so history always lands between its neighbours.
 */
export type TimelinePos = number
export const TIMELINE_STEP = 2 ** 24

/** The number of the stretch of history that a position lies in: live events stand at its upper end. */
export function segmentOf(pos: TimelinePos): number {
  return Math.ceil(pos / TIMELINE_STEP)
}

export type StateGroupId = number

export type EventStatus =
  | 'accepted'
  | 'soft-failed'
  | 'rejected'
  /** Known (from an auth chain, or state at a join), but its place in the room is not. */
  | 'outlier'

export interface StoredEvent {
  readonly pdu: Pdu
  readonly status: EventStatus
  /** `rule: reason` for rejected and soft-failed events. */
  readonly reason: string | undefined
  /** State before the event; undefined for outliers. */
  readonly stateBefore: StateGroupId | undefined
  /** State after the event (the same group, unless it is an accepted state event). */
  readonly stateAfter: StateGroupId | undefined
  /** Undefined for events that clients never saw arrive (outliers, backfilled, soft-failed). */
  readonly streamPos: StreamPos | undefined
  /** Undefined for events that are not in the timeline (outliers, rejected, soft-failed). */
  readonly timelinePos: TimelinePos | undefined
  readonly receivedTs: number
  /** Who gave it; undefined for what was made here, and where it was not noted. */
  readonly receivedFrom?: ServerName | undefined
  /** The redaction that took this event's content; `pdu` is then the redacted form. */
  readonly redactedBy: EventId | undefined
  /** Of a redacted event, the root of the thread that it was in, where that was known before. */
  readonly threadRoot: EventId | undefined
}

export interface NewEvent {
  readonly pdu: Pdu
  readonly status: EventStatus
  readonly reason?: string | undefined
  readonly stateBefore?: StateGroupId | undefined
  readonly stateAfter?: StateGroupId | undefined
  readonly streamPos?: StreamPos | undefined
  readonly timelinePos?: TimelinePos | undefined
  readonly receivedTs: number
  readonly receivedFrom?: ServerName | undefined
}

export interface RoomRecord {
  readonly roomId: RoomId
  readonly version: RoomVersionId
  /** State after resolving all forward extremities; 0 while the room is known only by an invite or knock. */
  readonly currentState: StateGroupId
  /** A local user is joined, so events of this room are accepted and sent. */
  readonly participating: boolean
}

export type Membership = 'join' | 'invite' | 'leave' | 'ban' | 'knock'

/** A row of the current state, denormalised for members. */
export interface MemberRow {
  readonly userId: UserId
  readonly membership: Membership
  readonly eventId: EventId
  readonly displayName: string | undefined
  readonly avatarUrl: string | undefined
}

/** Membership of a user of this server, as `/sync` needs it, also for rooms we only have an invite to. */
export interface LocalMembership {
  readonly userId: UserId
  readonly roomId: RoomId
  readonly membership: Membership
  readonly eventId: EventId
  readonly sender: UserId
  readonly streamPos: StreamPos
  /** Stripped state that came with an invite or knock from another server. */
  readonly strippedState: readonly JsonObject[]
  readonly forgotten: boolean
}

export interface ForwardExtremity {
  readonly eventId: EventId
  readonly depth: number
}

/** A place in the timeline below which events are missing: `eventId`'s prev event `missing` is not here. */
export interface Gap {
  readonly eventId: EventId
  readonly missing: EventId
  readonly timelinePos: TimelinePos
}

/** A PDU that was received and made durable, and waits for its turn in the room. */
export interface StagedPdu {
  readonly id: number
  readonly origin: ServerName
  readonly roomId: RoomId
  readonly json: PduJson
  readonly receivedTs: number
}

export interface ReceiptRow {
  readonly roomId: RoomId
  readonly userId: UserId
  readonly receiptType: 'm.read' | 'm.read.private'
  readonly eventId: EventId
  /** `main`, a thread root, or undefined for an unthreaded receipt. */
  readonly threadId: string | undefined
  readonly ts: number
  readonly streamPos: StreamPos
}

export interface ClientTxn {
  readonly userId: UserId
  readonly deviceId: string
  readonly txnId: string
}

/** Reads; every caller may hold this one. */
export interface RoomReader {
  maxStreamPos(): StreamPos

  getRoom(roomId: RoomId): RoomRecord | undefined
  listRooms(): RoomRecord[]

  getEvent(eventId: EventId): StoredEvent | undefined
  /** Those of `ids` that are stored, in the order of `ids`. */
  getEvents(ids: readonly EventId[]): StoredEvent[]
  /** Those of `ids` that are not stored in any status. */
  missingEvents(ids: readonly EventId[]): EventId[]
  forwardExtremities(roomId: RoomId): readonly ForwardExtremity[]
  gaps(roomId: RoomId): Gap[]

  /** The complete map of a state group; cached, never to be mutated. The empty group is 0. */
  stateMap(group: StateGroupId): StateMap
  /** All keys in which two groups differ, and perhaps others; few where the groups are near to each other. */
  differingKeys(a: StateGroupId, b: StateGroupId): ReadonlySet<StateMapKey>
  currentStateMap(roomId: RoomId): StateMap
  currentStateEvent(roomId: RoomId, type: string, stateKey: string): StoredEvent | undefined
  /** Current members, optionally of one membership. */
  members(roomId: RoomId, membership?: Membership): MemberRow[]
  member(roomId: RoomId, userId: UserId): MemberRow | undefined
  /** Servers with a joined member, this one included. */
  joinedServers(roomId: RoomId): ServerName[]
  joinedLocalUsers(roomId: RoomId): UserId[]
  joinedCount(roomId: RoomId): number
  /** How many there are, and who a room without a name is named after: some who are there, else some who were. */
  memberSummary(
    roomId: RoomId,
    except: UserId,
    limit: number,
  ): { joined: number; invited: number; heroes: UserId[] }
  /** Rooms in which both servers / users are joined are derived by callers from these. */
  roomsJoinedBy(userId: UserId): RoomId[]
  roomsSharedWithServer(server: ServerName): RoomId[]

  localMembership(userId: UserId, roomId: RoomId): LocalMembership | undefined
  localMemberships(userId: UserId): LocalMembership[]
  /** How many invites of users of `server` wait for this user's answer. */
  waitingInvites(userId: UserId, server: ServerName): number
  /** Changes of this user's own memberships after `since`, newest state per room. */
  localMembershipsSince(userId: UserId, since: StreamPos): LocalMembership[]

  timeline(query: TimelineQuery): StoredEvent[]
  /** Live events of a room with `since < streamPos <= to`, newest `limit` of them, oldest first; `limited` tells if more exist. */
  eventsSince(
    roomId: RoomId,
    since: StreamPos,
    to: StreamPos,
    limit: number,
  ): { events: StoredEvent[]; limited: boolean }
  /** Live events of all rooms with `streamPos < before` (undefined: all), newest first. */
  newestEvents(before: StreamPos | undefined, limit: number): StoredEvent[]
  /** Rooms that got live events with `since < streamPos <= to`. */
  roomsWithEventsSince(since: StreamPos, to: StreamPos): RoomId[]
  /** Position of the newest timeline event with `streamPos <= pos`, to use a sync token with /messages. */
  timelinePosAt(roomId: RoomId, pos: StreamPos): TimelinePos | undefined
  highestTimelinePos(roomId: RoomId): TimelinePos | undefined
  lowestTimelinePos(roomId: RoomId): TimelinePos | undefined

  /** Accepted events of the room that have `eventId` as a prev event. */
  childrenOf(roomId: RoomId, eventId: EventId): EventId[]
  /** Accepted or soft-failed redactions that named `eventId` before it was known. */
  redactionsOf(eventId: EventId): EventId[]
  relations(query: RelationQuery): StoredEvent[]
  /** The types of relation that `target` is the target of. */
  relationTypes(target: EventId): string[]
  /** The most recent valid edit (`m.replace`) of an event. */
  latestEdit(original: Pdu): StoredEvent | undefined
  /** All edits of an event by its own sender, valid or not. */
  editsOf(original: Pdu): EventId[]
  /** How many events of a type of relation, by who sent them. */
  relationsBySender(roomId: RoomId, target: EventId, relType: string): Map<UserId, number>
  /** By the latest reply, newest first. */
  threads(query: ThreadQuery): ThreadRow[]
  /** Up to `limit` timeline events at or after `ts` (`f`, earliest first) or at or before it (`b`, latest first). */
  eventsNear(roomId: RoomId, ts: number, dir: 'f' | 'b', limit: number): StoredEvent[]

  /** Newest first. */
  searchText(query: TextQuery, limit: number): TextHit[]
  /** How many hits there are, `most` at most; `below` does not count. */
  countText(query: TextQuery, most: number): number

  receipts(roomId: RoomId): ReceiptRow[]
  /** One user's own, private ones too. */
  receiptsOf(roomId: RoomId, userId: UserId): ReceiptRow[]
  receiptsSince(roomIds: readonly RoomId[], since: StreamPos, to: StreamPos): ReceiptRow[]

  clientTxn(txn: ClientTxn, roomId: RoomId): EventId | undefined
  /** The transaction ids with which this device sent these events. */
  clientTxnsOf(userId: UserId, deviceId: string, ids: readonly EventId[]): Map<EventId, string>

  alias(alias: RoomAlias): { roomId: RoomId; creator: UserId; servers: ServerName[] } | undefined
  aliasesOf(roomId: RoomId): RoomAlias[]
  isPublic(roomId: RoomId): boolean
  publicRooms(): RoomId[]
}

export interface RoomStore extends RoomReader, RemovalStore, PendingLeaveStore, RefusalStore {
  /**
   * Runs `fn` in one durable transaction; an exception rolls all of it back, caches included.
   * Nested calls become savepoints. When it returns, nothing but a power cut takes the data, and that only as long as
   * nobody outside was told of it; with `crash` it may take it later, too (and nothing that was written earlier), so
   * only for what is had again, such as history. Where clients are told of some of it (`nextStreamPos`), it survives
   * all the same.
   */
  transaction<T>(fn: () => T, survives?: 'power-cut' | 'crash'): T
  nextStreamPos(): StreamPos

  insertRoom(room: RoomRecord): void
  updateRoom(roomId: RoomId, change: { currentState?: StateGroupId; participating?: boolean }): void

  /** Inserts the event with its prev, auth and redaction edges; a stored outlier or rejected event is replaced. */
  insertEvent(event: NewEvent): void
  /** Indexes some of the messages that came since the last time; false when all are in it. A search does so itself. */
  indexNewText(slice: number): boolean
  /** Indexes some of the messages that are older than the search index; false when all are in it. */
  indexOlderText(slice: number): boolean
  /** An event of history that was inserted without a place keeps this one, for `showEvent`; nobody else may take it. */
  keepPlace(eventId: EventId, at: TimelinePos): void
  /** The lowest kept place above `above`. */
  lowestKeptPlace(roomId: RoomId, above: TimelinePos): TimelinePos | undefined
  /** Gives an event that has none its place in the timeline: the one kept for it, else `newest`, live. True if live. */
  showEvent(eventId: EventId, newest: () => { timelinePos: TimelinePos; streamPos: StreamPos }): boolean
  /** Replaces content with the redacted form, on disk too, and takes it out of what is searched. */
  redactEvent(eventId: EventId, redacted: Pdu, by: EventId): void
  setForwardExtremities(roomId: RoomId, ids: readonly EventId[]): void
  addGap(roomId: RoomId, gap: Gap): void
  /** Removes the gaps whose missing event is `missing`. */
  closeGaps(roomId: RoomId, missing: EventId): void

  /** A group equal to `base` with `delta` applied (undefined removes); returns `base` where nothing changes. */
  addStateGroup(
    roomId: RoomId,
    base: StateGroupId,
    delta: ReadonlyMap<string, EventId | undefined>,
  ): StateGroupId
  /** A group for a whole map, stored as a delta on `near` where that is smaller. */
  putStateMap(roomId: RoomId, state: StateMap, near?: StateGroupId): StateGroupId
  /** Makes `group` current: room record, the denormalised current state and member rows. */
  setCurrentState(roomId: RoomId, group: StateGroupId): void

  putLocalMembership(row: LocalMembership): void
  forgetRoom(userId: UserId, roomId: RoomId): void

  /**
   * Their numbers; `seen` when this origin and transaction id were staged before, and nothing is written. Without an
   * id, it is staged each time.
   */
  stageTransaction(
    origin: ServerName,
    txnId: string | undefined,
    pdus: readonly { roomId: RoomId; json: PduJson }[],
    receivedTs: number,
  ): readonly number[] | 'seen'
  stagedRooms(): RoomId[]
  /** How many of a room's PDUs are staged, by the server that sent them. */
  stagedCounts(roomId: RoomId): Map<ServerName, number>
  /** In order of arrival. */
  stagedPdus(roomId: RoomId, limit: number): StagedPdu[]
  /** The same without what was staged. */
  stagedHeads(roomId: RoomId, limit: number): { id: number; origin: ServerName }[]
  stagedPdu(id: number): StagedPdu | undefined
  deleteStaged(id: number): void

  /** Appends the event to the durable queue of each destination. */
  enqueuePdu(destinations: readonly ServerName[], pdu: Pdu): void
  /** Appends a durable EDU (receipts, later to-device); `key` replaces a waiting EDU of the same key. */
  enqueueEdu(destination: ServerName, edu: JsonObject, key?: string): void

  putReceipt(row: ReceiptRow): void
  putClientTxn(txn: ClientTxn, roomId: RoomId, eventId: EventId): void
  putAlias(alias: RoomAlias, roomId: RoomId, creator: UserId): void
  deleteAlias(alias: RoomAlias): void
  setPublic(roomId: RoomId, isPublic: boolean): void
}

// ---- other servers -------------------------------------------------------------------------

/** `errcode` of a `RemoteError` where nobody was asked: this server's own settings do not allow the other. */
export const DENIED_HERE = 'HEARTH_DENIED_HERE'

/** A request to another server that failed; says whether, and when, trying again makes sense. */
export class RemoteError extends Error {
  readonly destination: ServerName
  /** HTTP status, when the other server answered. */
  readonly status: number | undefined
  /** Matrix error code, when it gave one. */
  readonly errcode: string | undefined
  readonly body: JsonObject | undefined
  readonly retryable: boolean
  constructor(
    destination: ServerName,
    message: string,
    options: {
      status?: number | undefined
      errcode?: string | undefined
      body?: JsonObject | undefined
      retryable: boolean
      cause?: unknown
    },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'RemoteError'
    this.destination = destination
    this.status = options.status
    this.errcode = options.errcode
    this.body = options.body
    this.retryable = options.retryable
  }
}

/** Devices, keys and messages between devices, in the transactions of rooms; `keys/` implements it. */
export interface Encryption {
  /** EDUs of a transaction, in the one that records it as received; what it answers is called after the commit. */
  receive(origin: ServerName, edus: readonly JsonObject[]): () => void
  /** A local user came into a room: answers for which servers it queued something. */
  joined(user: UserId, roomId: RoomId): readonly ServerName[]
}

/** Told after a commit; must not throw. */
export interface RoomListener {
  /** New data for clients up to `pos`. `rooms`/`users`: whom it concerns. */
  committed(change: {
    readonly pos: StreamPos
    readonly rooms: readonly RoomId[]
    readonly users: readonly UserId[]
    /** Something of it goes to other servers. */
    readonly isOutgoing?: boolean
  }): void
  /**
   * Something is added to these destinations' queues, in the transaction that is still open: what is written now is
   * on disk with it. The answer is called after the commit, instead of `queued`, and dropped when the transaction is
   * undone.
   */
  queueing?(destinations: readonly ServerName[]): () => void
  /** Something was added to these destinations' queues. */
  queued(destinations: readonly ServerName[]): void
  /** These events lost their content; they are given as they were, so that what they pointed to can go too. */
  redacted?(events: readonly Pdu[]): void
}
