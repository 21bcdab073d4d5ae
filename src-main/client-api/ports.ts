import type { EventId, JsonObject, RoomId, ServerName, UserId } from '../core/types.ts'
import type { AccountPos, DeviceKeys, ToDevice } from '../keys/ports.ts'
import type { ReportStore } from './reports/ports.ts'

export type { AccountPos, CrossSigningUsage, DeviceKeys, ToDevice, ToDeviceRow } from '../keys/ports.ts'

/** An account, without its secrets. */
export interface AccountRecord {
  readonly userId: UserId
  readonly admin: boolean
  readonly deactivated: boolean
  readonly hasPassword: boolean
  readonly createdTs: number
}

export interface DeviceRecord {
  readonly deviceId: string
  readonly displayName: string | undefined
  readonly lastSeenTs: number | undefined
  readonly lastSeenIp: string | undefined
}

/** What an access token stands for. */
export interface Session {
  readonly userId: UserId
  readonly deviceId: string
}

export interface AccountDataRow {
  /** Undefined for global account data. */
  readonly roomId: RoomId | undefined
  readonly type: string
  readonly content: JsonObject
}

export interface PresenceRow {
  readonly userId: UserId
  readonly presence: 'online' | 'offline' | 'unavailable'
  readonly statusMsg: string | undefined
  readonly lastActiveTs: number
}

export interface Sessions {
  createDevice(userId: UserId, deviceId: string, displayName: string | undefined): void
  devices(userId: UserId): DeviceRecord[]
  device(userId: UserId, deviceId: string): DeviceRecord | undefined
  renameDevice(userId: UserId, deviceId: string, displayName: string | undefined): void
  /** Removes the device with its tokens, keys and waiting messages. */
  deleteDevice(userId: UserId, deviceId: string): void
  touchDevice(userId: UserId, deviceId: string, ts: number, ip: string): void

  /** Replaces the device's earlier tokens. `token` is kept only as a hash. */
  putAccessToken(token: string, session: Session): void
  session(token: string): Session | undefined

  putLoginToken(token: string, userId: UserId, expiresTs: number): void
  /** Single use: the token is gone afterwards. Undefined when unknown or expired. */
  takeLoginToken(token: string): UserId | undefined
}

/** A backup of the keys of encrypted conversations, without the keys. */
export interface KeyBackup {
  readonly version: number
  readonly algorithm: string
  readonly authData: JsonObject
  /** Grows with every change of the keys. */
  readonly etag: number
  readonly count: number
  readonly deleted: boolean
}

export interface BackedUpKey {
  readonly firstMessageIndex: number
  readonly forwardedCount: number
  readonly isVerified: boolean
  /** Encrypted by the client. */
  readonly sessionData: JsonObject
}

/** Server-side key backups. No room (or session) means all of them. */
export interface KeyBackups {
  /** The version of the new backup, which is the current one from now on. */
  createKeyBackup(userId: UserId, algorithm: string, authData: JsonObject): number
  /** No version: the current one, the newest that is not deleted. */
  keyBackup(userId: UserId, version?: number): KeyBackup | undefined
  updateKeyBackup(userId: UserId, version: number, authData: JsonObject): void
  deleteKeyBackup(userId: UserId, version: number): void
  backedUpKeys(
    userId: UserId,
    version: number,
    roomId?: RoomId,
    sessionId?: string,
  ): { roomId: RoomId; sessionId: string; key: BackedUpKey }[]
  putBackedUpKey(userId: UserId, version: number, roomId: RoomId, sessionId: string, key: BackedUpKey): void
  /** How many there were. */
  deleteBackedUpKeys(userId: UserId, version: number, roomId?: RoomId, sessionId?: string): number
  /** The keys changed: the next `etag`. */
  touchKeyBackup(userId: UserId, version: number): void
}

/** How the sending of one event to one server stands. */
export interface Delivery {
  readonly serverName: ServerName
  /** Of the server's owner, where it is known. */
  readonly displayName: string | undefined
  readonly state: 'waiting' | 'delivered' | 'refused' | 'failed'
  /** When it ended, in ms since the epoch. */
  readonly ts: number | undefined
  /** What is in the way, or why it was not taken: a sentence for people. */
  readonly error: string | undefined
  /** It waits because the owner of that server does not allow this one. */
  readonly denied: boolean
}

/** What is known of the delivery of this server's own events; the composition root supplies it. */
export interface Deliveries {
  of(eventId: EventId): Delivery[]
  /** Resolves when any delivery may have changed, when `signal` aborts, or after `timeoutMs`. */
  nextChange(signal: AbortSignal, timeoutMs: number): Promise<void>
}

/** Looks at the pages behind links; the composition root supplies it. */
export interface LinkPreviews {
  /** `words` is a sentence for people. */
  preview(
    url: string,
  ): Promise<
    | { readonly ok: true; readonly preview: JsonObject }
    | { readonly ok: false; readonly reason: 'off' | 'wrong' | 'busy' | 'failed'; readonly words: string }
  >
}

/** What clients and other servers are told of where this server is. */
export interface WellKnownAnswers {
  server(): JsonObject | undefined
  client(): JsonObject | undefined
}

/** Tokens with which users show to others who they are. */
export interface OpenIdTokens {
  put(token: string, userId: UserId, lifetimeMs: number): void
}

/** What a server with a domain name needs beside it; the composition root supplies it. */
export interface DomainCare {
  /** Looks at the name as another server does, step by step; `ask` names who is to look back. */
  readonly check: (ask: ServerName | undefined) => Promise<JsonObject>
  /** Signs with a new key from now on; throws `MatrixError` where the key is the name. */
  readonly rotateKey: () => Promise<JsonObject>
}

/** Everything that belongs to this server's users and is not in a room. Implemented in `storage/accounts/`. */
export interface AccountStore extends Sessions, DeviceKeys, ToDevice, KeyBackups, ReportStore {
  transaction<T>(fn: () => T): T
  maxPos(): AccountPos

  exists(userId: UserId): boolean
  account(userId: UserId): AccountRecord | undefined
  accounts(): AccountRecord[]
  /** False when the user id is taken. */
  createAccount(args: { userId: UserId; passwordHash: string | undefined; admin: boolean }): boolean
  /** The owner's account, made at the first start; it has no password until one is set. */
  ensureOwner(localpart?: string): UserId
  passwordHash(userId: UserId): string | undefined
  setPasswordHash(userId: UserId, hash: string): void
  /** Nobody can log in any more; all devices are gone. */
  /** Exists, and was not deactivated. */
  isActive(userId: UserId): boolean
  /** Was deactivated with the wish to be erased. */
  erased(userId: UserId): boolean
  /** For good; `erase` takes profile, account data and keys away too. */
  deactivate(userId: UserId, erase?: boolean): void

  /** All fields, `displayname` and `avatar_url` among them; undefined for unknown users. */
  profileFields(userId: UserId): JsonObject | undefined
  /** A change of what rooms show leaves a mark, in the same transaction, until it is in the rooms. */
  setProfileField(userId: UserId, field: string, value: JsonObject[string] | undefined): void
  unfinishedProfiles(): UserId[]
  profileIsInRooms(userId: UserId): void
  /** As rooms need it (`LocalUsers`). */
  profile(userId: UserId): { displayName: string | undefined; avatarUrl: string | undefined } | undefined

  putRegistrationToken(token: string, uses: number | undefined, expiresTs: number | undefined): void
  registrationTokenValid(token: string): boolean
  /** Counts one use; false when the token is not valid (any more). */
  useRegistrationToken(token: string): boolean

  putFilter(userId: UserId, json: JsonObject): string
  filter(userId: UserId, filterId: string): JsonObject | undefined

  putAccountData(userId: UserId, roomId: RoomId | undefined, type: string, content: JsonObject): void
  accountData(userId: UserId, roomId: RoomId | undefined, type: string): JsonObject | undefined
  /** With `since < pos <= to`, global and of rooms. */
  accountDataSince(userId: UserId, since: AccountPos, to: AccountPos): AccountDataRow[]
  roomAccountData(userId: UserId, roomId: RoomId): AccountDataRow[]

  /** What the user said of themselves last; whether they are there now is not kept. */
  putPresence(row: PresenceRow): void
  presence(userId: UserId): PresenceRow | undefined

  putPusher(userId: UserId, pusher: JsonObject): void
  deletePusher(userId: UserId, appId: string, pushkey: string): void
  pushers(userId: UserId): JsonObject[]
}
