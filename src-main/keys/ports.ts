/** What `keys/` needs from storage, from rooms and from other servers; and the parts of the accounts store about keys. */
import type { JsonObject, RoomId, ServerName, UserId } from '../core/types.ts'

/** Position in the stream of account changes. */
export type AccountPos = number

export type CrossSigningUsage = 'master' | 'self_signing' | 'user_signing'

export interface DeviceKeys {
  putDeviceKeys(userId: UserId, deviceId: string, keys: JsonObject): void
  /** Of all devices of the user that uploaded keys, by device id. */
  deviceKeys(userId: UserId): Map<string, JsonObject>
  /**
   * Stores the new ones; `conflict`, and nothing stored, when a key id is there with another value, `full` when
   * the device would have more than it may. A key that was handed out already is not taken again.
   */
  putOneTimeKeys(
    userId: UserId,
    deviceId: string,
    keys: ReadonlyMap<string, JsonObject | string>,
  ): 'stored' | 'conflict' | 'full'
  putFallbackKeys(userId: UserId, deviceId: string, keys: ReadonlyMap<string, JsonObject | string>): void
  /** By algorithm. */
  oneTimeKeyCounts(userId: UserId, deviceId: string): Record<string, number>
  unusedFallbackAlgorithms(userId: UserId, deviceId: string): string[]
  /** Hands out the oldest key, and never again (a fallback key may repeat). */
  claimKey(
    userId: UserId,
    deviceId: string,
    algorithm: string,
  ): { keyId: string; key: JsonObject | string } | undefined
  putCrossSigningKey(userId: UserId, usage: CrossSigningUsage, key: JsonObject): void
  crossSigningKey(userId: UserId, usage: CrossSigningUsage): JsonObject | undefined
  /** A signature of a local user under another person's key. */
  putKeySignature(signer: UserId, target: UserId, keyId: string, signatureId: string, signature: string): void
  /** By the id of the signing key. */
  keySignatures(signer: UserId, target: UserId, keyId: string): Record<string, string>
  /** Marks, for `/sync`, that this user's devices or keys changed: a local user's or another's. */
  markDeviceListChanged(userId: UserId): void
  /** With `since < pos <= to`. */
  deviceListChanges(since: AccountPos, to: AccountPos): UserId[]
  /** The stream id of the last update that other servers were sent; undefined before the first. */
  deviceStream(userId: UserId): number | undefined
  nextDeviceStream(userId: UserId): number
}

export interface ToDeviceRow {
  readonly id: number
  readonly event: JsonObject
}

export interface ToDevice {
  /**
   * `deviceId` `*` is every device of the user. Unknown devices get nothing. The devices that got it. `from` a
   * stranger: of a server that shares no room with the user.
   */
  addToDevice(userId: UserId, deviceId: string, event: JsonObject, from?: 'stranger'): string[]
  /** With `id <= to`, oldest first. */
  toDevice(userId: UserId, deviceId: string, to: AccountPos, limit: number): ToDeviceRow[]
  /** How many wait for the device; counted up to `most`. */
  toDeviceWaiting(userId: UserId, deviceId: string, most: number): number
  /** Those of them that strangers sent; counted up to `most`. */
  toDeviceOfStrangers(userId: UserId, deviceId: string, most: number): number
  /** Those of them of more than 4 KiB; counted up to `most`. */
  largeToDevice(userId: UserId, deviceId: string, most: number): number
  /** Forgets what the device acknowledged by syncing from `upTo`. */
  deleteToDevice(userId: UserId, deviceId: string, upTo: AccountPos): void
  /** False when this transaction was seen before. */
  claimToDeviceTxn(session: { userId: UserId; deviceId: string }, txnId: string): boolean
  /** False when another server's message was received before. */
  claimToDeviceMessage(origin: ServerName, messageId: string): boolean
  /** Messages could not be kept; in the transaction that does without them. */
  noteLost(whose: LostFor, messages: number): void
  /** Of the last week, the newest first. */
  lostToDevice(): LostToDevice[]
}

/** Messages for another server, or for a device of this one. */
export type LostFor = { readonly server: ServerName } | { readonly userId: UserId; readonly deviceId: string }
export type LostToDevice = LostFor & { readonly messages: number; readonly lastTs: number }

/** Of the accounts store. */
export interface LocalKeyStore extends DeviceKeys, ToDevice {
  transaction<T>(fn: () => T): T
  exists(userId: UserId): boolean
  devices(userId: UserId): { readonly deviceId: string; readonly displayName: string | undefined }[]
  device(userId: UserId, deviceId: string): { readonly displayName: string | undefined } | undefined
}

/** A device of a user of another server; `keys` was checked to be of that user and device. */
export interface RemoteDevice {
  readonly deviceId: string
  readonly keys: JsonObject
  readonly displayName: string | undefined
}

/** All devices of a user of another server, as their server told. */
export interface RemoteDeviceList {
  readonly streamId: number | undefined
  /** Updates were missed since. */
  readonly stale: boolean
  readonly devices: readonly RemoteDevice[]
  readonly masterKey: JsonObject | undefined
  readonly selfSigningKey: JsonObject | undefined
}

/** Lists are kept only while a room is shared with the user: without one they vanish by themselves. */
export interface RemoteDeviceStore {
  list(userId: UserId): RemoteDeviceList | undefined
  /** Without reading the devices: how many there are. */
  status(userId: UserId): { streamId: number | undefined; stale: boolean; devices: number } | undefined
  put(userId: UserId, list: RemoteDeviceList): void
  /** One update that follows what is here; `device` undefined removes it. */
  apply(userId: UserId, deviceId: string, device: RemoteDevice | undefined, streamId: number): void
  putSigningKeys(
    userId: UserId,
    keys: { masterKey?: JsonObject | undefined; selfSigningKey?: JsonObject | undefined },
  ): void
  markStale(userId: UserId): void
  /** Users whose list is stale. */
  stale(): UserId[]
  forget(userId: UserId): void
}

/** Of the room store. */
export interface SharedRooms {
  getRoom(roomId: RoomId): { readonly participating: boolean } | undefined
  roomsJoinedBy(userId: UserId): RoomId[]
  joinedServers(roomId: RoomId): ServerName[]
  joinedLocalUsers(roomId: RoomId): UserId[]
  /** Appends a durable EDU; `key` replaces a waiting EDU of the same key. Inside a transaction. */
  enqueueEdu(destination: ServerName, edu: JsonObject, key?: string): void
}

/** Requests about keys; the contents of answers are raw. Failures are `RemoteError` of `rooms/ports`. */
export interface KeysRemote {
  /** Encryption keys of users of `dest`; no devices named means all. The keys inside are raw. */
  queryKeys(
    dest: ServerName,
    devices: Readonly<Record<string, readonly string[]>>,
    timeoutMs?: number,
  ): Promise<{ deviceKeys: JsonObject; masterKeys: JsonObject; selfSigningKeys: JsonObject }>
  /** `{ <user>: { <device>: <algorithm> } }` gives `{ <user>: { <device>: { <key id>: <key> } } }`. */
  claimKeys(
    dest: ServerName,
    wanted: Readonly<Record<string, Readonly<Record<string, string>>>>,
    timeoutMs?: number,
  ): Promise<JsonObject>
  userDevices(
    dest: ServerName,
    user: UserId,
  ): Promise<{ streamId: number; devices: JsonObject[]; masterKey?: JsonObject; selfSigningKey?: JsonObject }>
}
