/** What `federation/out/` needs from storage. */
import type { EventId, JsonObject, KeyId, PduJson, RoomId, ServerName } from '../../core/types.ts'

/** At most this many PDUs and EDUs fit a transaction (Server-Server API, "Transactions"). */
export const MAX_PDUS = 50
export const MAX_EDUS = 100

/** One transaction to one destination; a retry repeats this, but for what is ephemeral. */
export interface OutboxTransaction {
  readonly destination: ServerName
  readonly txnId: string
  readonly originServerTs: number
  readonly pdus: readonly { eventId: EventId; json: PduJson }[]
  readonly edus: readonly JsonObject[]
  /** Nothing else waited for the destination when it was begun. */
  readonly isLast?: boolean
}

export interface BackoffRecord {
  readonly failures: number
  /** Milliseconds since the epoch; no attempt before. */
  readonly retryAt: number
  readonly lastError: string | undefined
  /** When the first of these failures was; undefined where an earlier version did not say. */
  readonly since?: number | undefined
}

/** How the sending of one event to one destination stands. */
export interface DeliveryState {
  readonly destination: ServerName
  /** `refused`: the other server answered that it does not take this event; `failed`: given up. */
  readonly state: 'waiting' | 'delivered' | 'refused' | 'failed'
  /** When it ended, in ms since the epoch; undefined while it waits. */
  readonly ts: number | undefined
  /** What the other server said. */
  readonly error: string | undefined
}

/** What the answer to a transaction said of its events. */
export interface TransactionOutcome {
  readonly ts: number
  readonly eventIds: readonly EventId[]
  /** Of the events that the destination did not take. */
  readonly errors: ReadonlyMap<EventId, string>
}

/** The durable queue of each destination. */
export interface OutboxStore {
  /** What `fn` writes becomes durable at once, with one sync of the disk instead of many. */
  transaction<T>(fn: () => T): T
  /** Destinations with anything waiting or in flight. */
  destinations(): ServerName[]
  /** The transaction that was begun and not yet acknowledged, as it was first sent. */
  inFlight(destination: ServerName): OutboxTransaction | undefined
  /**
   * Takes the oldest PDUs, then EDUs, at most `maxItems` together, marks them as in flight under
   * `txnId`, and is durable when it returns. `ephemeral` EDUs go along, this once. Undefined when nothing durable waits.
   * Of rooms where too much waits to be queued one by one, the latest events come before all else
   * (`heads`), or, for a destination that cannot ask for what lies before, all of it in order (`all`).
   */
  begin(
    destination: ServerName,
    txnId: string,
    originServerTs: number,
    maxItems: number,
    ephemeral: readonly JsonObject[],
    mode?: 'heads' | 'all',
  ): OutboxTransaction | undefined
  /** The destination has it: its rows are deleted, and how it ended is kept for each event of `outcome`. */
  acknowledge(destination: ServerName, txnId: string, outcome?: TransactionOutcome): void
  /** The destination refused the whole: its rows wait again, in their old places. */
  release(destination: ServerName, txnId: string): void
  /** Gives up what is in flight, and keeps the reason. */
  refuse(destination: ServerName, txnId: string, reason: string, ts: number): void
  refused(destination: ServerName): { eventId: EventId | undefined; reason: string; ts: number }[]
  /** Every destination that the event was queued for; of old events (100,000 deliveries ago) only who waits. */
  deliveries(eventId: EventId): DeliveryState[]
  backoff(destination: ServerName): BackoffRecord | undefined
  /** Undefined clears it. */
  setBackoff(destination: ServerName, record: BackoffRecord | undefined): void
  /**
   * The destination has asked for these events of a room and was given them: they count as delivered where
   * they were owed and not sent. False where nothing of that room was.
   */
  fetched(destination: ServerName, roomId: RoomId, eventIds: readonly EventId[], ts: number): boolean
  /** Rooms whose latest events the destination was sent and of which it may lack older ones; the oldest of those. */
  toldOf(destination: ServerName): { roomId: RoomId; oldest: EventId }[]
  /** Destinations of which `toldOf` has something to say. */
  toldDestinations(): ServerName[]
  /** The destination has everything of the room that it was told of. */
  hasAll(destination: ServerName, roomId: RoomId, ts: number): void
  /** PDUs and EDUs waiting or in flight; what is owed without being queued one by one counts as well. */
  queuedFor(destination: ServerName): { pdus: number; edus: number }
}

/** A signing key of another server, as it was published and checked. */
export interface StoredServerKey {
  readonly serverName: ServerName
  readonly keyId: KeyId
  /** Unpadded base64. */
  readonly publicKey: string
  /** Milliseconds; for an old key, when it was last used. */
  readonly validUntilTs: number
  readonly old: boolean
  readonly fetchedTs: number
}

/** What a server published of its keys, with its own signature: what a notary passes on. */
export interface KeyAnswer {
  readonly answer: JsonObject
  readonly validUntilTs: number
  readonly fetchedTs: number
}

/** A key as a server published it for what it signs now. */
export interface SeenKey {
  readonly keyId: KeyId
  /** Unpadded base64. */
  readonly publicKey: string
  readonly firstSeenTs: number
  readonly lastSeenTs: number
}

export interface ServerKeyStore {
  /** The current keys that were ever fetched of a server, of one key id too; the newest first, and not many. */
  history(serverName: ServerName): SeenKey[]
  keys(serverName: ServerName): readonly StoredServerKey[]
  /** The newest first; of earlier ones only those with other current keys, and not many. */
  answers(serverName: ServerName): KeyAnswer[]
  /** `keyIds`: of the current keys in it. An answer that is too large to be passed on is not kept. */
  putAnswer(serverName: ServerName, keyIds: readonly KeyId[], answer: KeyAnswer): void
  /** Adds and updates; a key that is no longer published stays, so that old events can be verified. */
  put(keys: readonly StoredServerKey[]): void
}
