/** What rooms need of other servers; `federation/out/` implements it. */
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
import type { RemoteFinding } from './finding/ports.ts'

/**
 * Signed requests to other servers. Answers have their outer shape validated (they are objects with
 * the named fields of the right type); the PDUs inside are raw and hostile. Failures are `RemoteError`.
 */
export interface Remote extends RemoteFinding {
  /** Does it answer at all? Never rejects. */
  isThere?(dest: ServerName): Promise<boolean>
  makeJoin(
    dest: ServerName,
    roomId: RoomId,
    userId: UserId,
    versions: readonly RoomVersionId[],
    signal?: AbortSignal,
  ): Promise<{ roomVersion: RoomVersionId; event: JsonObject }>
  sendJoin(
    dest: ServerName,
    roomId: RoomId,
    event: Pdu,
    options?: { readonly signal?: AbortSignal; readonly inUse?: Promise<void> },
  ): Promise<{ state: PduJson[]; authChain: PduJson[]; event: PduJson | undefined; origin: string }>
  makeLeave(
    dest: ServerName,
    roomId: RoomId,
    userId: UserId,
  ): Promise<{ roomVersion: RoomVersionId; event: JsonObject }>
  sendLeave(dest: ServerName, roomId: RoomId, event: Pdu): Promise<void>
  exchangeThirdPartyInvite(dest: ServerName, roomId: RoomId, invite: JsonObject): Promise<void>
  makeKnock(
    dest: ServerName,
    roomId: RoomId,
    userId: UserId,
    versions: readonly RoomVersionId[],
  ): Promise<{ roomVersion: RoomVersionId; event: JsonObject }>
  sendKnock(dest: ServerName, roomId: RoomId, event: Pdu): Promise<{ strippedState: JsonObject[] }>
  /** v2, falling back to v1 for room versions 1 and 2. Returns the event signed by the invited server too. */
  invite(dest: ServerName, event: Pdu, strippedState: readonly JsonObject[]): Promise<PduJson>
  getEvent(dest: ServerName, eventId: EventId): Promise<PduJson>
  state(
    dest: ServerName,
    roomId: RoomId,
    eventId: EventId,
    inUse?: Promise<void>,
  ): Promise<{ pdus: PduJson[]; authChain: PduJson[] }>
  stateIds(
    dest: ServerName,
    roomId: RoomId,
    eventId: EventId,
  ): Promise<{ pduIds: EventId[]; authChainIds: EventId[] }>
  eventAuth(dest: ServerName, roomId: RoomId, eventId: EventId): Promise<PduJson[]>
  backfill(dest: ServerName, roomId: RoomId, from: readonly EventId[], limit: number): Promise<PduJson[]>
  getMissingEvents(
    dest: ServerName,
    roomId: RoomId,
    args: { earliest: readonly EventId[]; latest: readonly EventId[]; limit: number; minDepth: number },
  ): Promise<PduJson[]>
  timestampToEvent(
    dest: ServerName,
    roomId: RoomId,
    ts: number,
    dir: 'f' | 'b',
  ): Promise<{ eventId: EventId; ts: number }>
  queryProfile(dest: ServerName, userId: UserId, field?: string): Promise<JsonObject>
  /** `POST /_matrix/policy/v1/sign`: the policy server's signature, by its name and key id. */
  policySign(dest: ServerName, event: Pdu, timeoutMs: number): Promise<JsonObject>
  queryDirectory(dest: ServerName, alias: RoomAlias): Promise<{ roomId: RoomId; servers: ServerName[] }>
}

export type Verified =
  | { readonly result: 'valid' }
  | { readonly result: 'invalid'; readonly reason: string }
  /** `server`: whose keys it is that could not be had. */
  | { readonly result: 'unavailable'; readonly reason: string; readonly server: ServerName }

/** Verifies signatures of events; fetches and caches the keys of other servers. */
export interface EventVerifier {
  /**
   * All signatures that the room version requires (sender's server; event id's server in v1/v2;
   * authorising server of a restricted join). `unavailable`: keys could not be had now, try later.
   * `givenBy`: who made us look at it; only so many servers are asked for keys at once on one's account.
   */
  verify(pdu: Pdu, givenBy?: ServerName): Promise<Verified>
  /**
   * Keys that these events were found to lack are asked of servers that are said to share the room ("Querying
   * Keys Through Another Server"), the first few of them. What enough of them agree on, `verify` goes by from
   * then on; answers for which servers that is so. Absent: nobody is asked.
   */
  askWitnesses?(pdus: readonly Pdu[], witnesses: readonly ServerName[]): Promise<ReadonlySet<ServerName>>
}
