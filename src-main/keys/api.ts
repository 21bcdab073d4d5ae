/** What `client-api/`, `federation/in/` and `rooms/` may ask of `keys/`. */
import type { JsonObject, RoomId, ServerName, UserId } from '../core/types.ts'

/** Answer to a client's `/keys/query`, with the names of its fields. */
export interface QueryAnswer {
  readonly device_keys: JsonObject
  readonly master_keys: JsonObject
  readonly self_signing_keys: JsonObject
  readonly user_signing_keys: JsonObject
  /** By server, with a sentence for people. */
  readonly failures: JsonObject
}

export interface ToDeviceArgs {
  readonly session: { readonly userId: UserId; readonly deviceId: string }
  readonly type: string
  readonly txnId: string
  /** Content by device (or `*`), by user. */
  readonly messages: ReadonlyMap<UserId, Readonly<Record<string, JsonObject>>>
}

/** Encryption keys of users here and elsewhere, and messages to devices. */
export interface Keys {
  // -- for clients
  /**
   * Runs `change`, which alters devices (or their keys) of a local user, and tells everybody who shares a room
   * of it: in one transaction, so that nobody misses it.
   */
  changeDevices<T>(user: UserId, deviceIds: readonly string[], change: () => T): T
  /** The same for cross-signing keys. */
  changeSigningKeys<T>(user: UserId, change: () => T): T
  /** No devices named means all. Resolves within `timeoutMs`, whatever other servers do. */
  query(
    requester: UserId,
    wanted: ReadonlyMap<UserId, readonly string[]>,
    timeoutMs: number,
  ): Promise<QueryAnswer>
  /** `{ <user>: { <device>: <algorithm> } }` gives `{ <user>: { <device>: { <key id>: <key> } } }`. */
  claim(
    wanted: ReadonlyMap<UserId, Readonly<Record<string, string>>>,
    timeoutMs: number,
  ): Promise<{ one_time_keys: JsonObject; failures: JsonObject }>
  /** The master key of a person as it is known here, to be signed. */
  masterKey(user: UserId): JsonObject | undefined
  /** Durable, and queued for other servers, when this returns. Repeating a transaction id has no effect. */
  sendToDevice(args: ToDeviceArgs): void

  // -- for other servers
  readonly forServers: {
    query(origin: ServerName, users: readonly { user: UserId; devices: readonly string[] }[]): JsonObject
    claim(user: UserId, device: string, algorithm: string): JsonObject | undefined
    devices(origin: ServerName, user: UserId): JsonObject | undefined
  }

  // -- for rooms (`rooms/ports`, `Encryption`)
  receive(origin: ServerName, edus: readonly JsonObject[]): () => void
  joined(user: UserId, roomId: RoomId): ServerName[]

  /** Fetches the lists that an earlier run found to be out of date. */
  start(): void
  /** The server can be reached again. */
  back(server: ServerName): void
  /** Resolves when nothing is being fetched; what waits for a server to return is not waited for. */
  idle(): Promise<void>
  stop(): void
}
