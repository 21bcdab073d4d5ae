import type { Context, Hono } from 'hono'
import type { JsonObject, RoomId, ServerName, UserId } from '../core/types.ts'
import { forbidden, MatrixError } from '../http/errors.ts'
import type { Keys } from '../keys/api.ts'
import type { Media } from '../media/ports.ts'
import type { Rooms } from '../rooms/api.ts'
import type { LocalMembership, RoomReader } from '../rooms/ports.ts'
import type { Clock, Random } from '../trace/clock.ts'
import type { Logger } from '../trace/log.ts'
import { createFormatter, type EventFormatter } from './client-event.ts'
import { localpartOf, serverOf } from './ids.ts'
import type { MediaKeys } from './media-keys.ts'
import type { Notifier } from './notifier.ts'
import type {
  AccountStore,
  Deliveries,
  DomainCare,
  LinkPreviews,
  OpenIdTokens,
  Session,
  WellKnownAnswers,
} from './ports.ts'
import type { PushRules } from './push/rules.ts'
import type { UnreadCounts } from './push/unread.ts'
import type { RateLimiter } from './rate-limit.ts'
import type { InteractiveAuth } from './uia.ts'

/** What the private API under `/_hearth/v1/` shows and changes; the composition root supplies it. */
export interface HearthHooks {
  peers(): JsonObject[] | Promise<JsonObject[]>
  /** What is wrong with the network, for people. Absent: nothing. */
  networkProblems?(): JsonObject[]
  /** The interfaces of the machine, and whether discovery is on. Absent: no such choice. */
  interfaces?(): JsonObject
  getSettings(): JsonObject | Promise<JsonObject>
  /** Applies a partial document and returns the settings after it; throws `MatrixError` for wrong values. */
  patchSettings(patch: JsonObject): JsonObject | Promise<JsonObject>
  storage(): JsonObject | Promise<JsonObject>
  backup(): JsonObject | Promise<JsonObject>
  /** The identity, encrypted, as the text of a JSON document; throws `MatrixError` for a weak passphrase. */
  backupIdentity(passphrase: string): Promise<string>
  /** A peer added by address; throws `MatrixError` for a wrong name or address. */
  addPeer(peer: { serverName: string; address: string }): void
  /** Whether the owner's settings allow a server; absent: all. */
  serverAllowed?(server: ServerName): boolean
  /** Servers that say that their owners do not allow this one; absent: none. */
  deniedBy?(): readonly ServerName[]
  /** A one-time token that logs the owner in. */
  createLoginToken(): string
  /** The owner changed their display name: the name that nearby peers see follows. */
  setNearbyName?(name: string | undefined): void
}

export interface ClientAppDeps {
  readonly serverName: ServerName
  readonly rooms: Rooms
  readonly reader: RoomReader
  readonly accounts: AccountStore
  readonly notifier: Notifier
  readonly keys: Keys
  /** Profile of a user of another server; failures are `RemoteError`. */
  readonly remoteProfile: (userId: UserId, field?: string) => Promise<JsonObject>
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly registration: 'open' | 'token' | 'closed'
  readonly sharedSecret?: string | undefined
  readonly rateLimits: boolean
  readonly owner: UserId
  /** Lists a room in the directory or takes it out (the store's `setPublic`, in a transaction). */
  readonly setPublic: (roomId: RoomId, isPublic: boolean) => void
  readonly hearth: HearthHooks
  /** What is below `/_hearth/v1/inspector`, without its guard; absent: unknown. */
  readonly inspector?: Hono | undefined
  /** Absent: the endpoints of the private API that tell of it are unknown. */
  readonly deliveries?: Deliveries | undefined
  /** Absent: `preview_url` is unknown. */
  readonly previews?: LinkPreviews | undefined
  /** The content repository; absent: its endpoints are unknown. */
  readonly media?: Media | undefined
  /** What `/.well-known/matrix/…` says; undefined answers 404. */
  readonly wellKnown?: WellKnownAnswers | undefined
  /** Absent: there are no OpenID tokens. */
  readonly openId?: OpenIdTokens | undefined
  /** Absent: the endpoints of the private API that care for the domain name are unknown. */
  readonly domain?: DomainCare | undefined
}

/** What every endpoint gets. */
export interface Ctx extends ClientAppDeps {
  readonly limiter: RateLimiter
  readonly uia: InteractiveAuth
  readonly pushRules: PushRules
  readonly unread: UnreadCounts
  /** The session of the request's access token; throws M_MISSING_TOKEN or M_UNKNOWN_TOKEN. */
  readonly session: (c: Context) => Session
  readonly mediaKeys: MediaKeys
  isLocal(userId: UserId): boolean
}

export type Register = (app: Hono, ctx: Ctx) => void

/** The access token of a request: the header, or the deprecated query parameter. */
export function accessTokenOf(c: Context): string | undefined {
  const header = c.req.header('authorization')
  if (header !== undefined) {
    const match = /^Bearer +(\S+)$/i.exec(header)
    return match?.[1]
  }
  return c.req.query('access_token')
}

/** Address of the peer as the listener saw it; headers are not believed. */
export function addressOf(c: Context): string {
  const env = c.env as { incoming?: { socket?: { remoteAddress?: unknown } } } | undefined
  const address = env?.incoming?.socket?.remoteAddress
  return typeof address === 'string' ? address : 'unknown'
}

/** How often a device's "last seen" is written; each write costs a sync of the disk. */
const TOUCH_EVERY_MS = 5 * 60_000

export function createSessionCheck(accounts: AccountStore, clock: Clock): (c: Context) => Session {
  const touched = new Map<string, number>()
  return (c) => {
    const token = accessTokenOf(c)
    if (token === undefined) throw new MatrixError(401, 'M_MISSING_TOKEN', 'An access token is needed')
    const session = accounts.session(token)
    if (session === undefined) {
      throw new MatrixError(401, 'M_UNKNOWN_TOKEN', 'This session has ended; log in again')
    }
    const key = `${session.userId} ${session.deviceId}`
    const now = clock.now()
    if (now - (touched.get(key) ?? 0) >= TOUCH_EVERY_MS) {
      if (touched.size > 10_000) touched.clear()
      touched.set(key, now)
      accounts.touchDevice(session.userId, session.deviceId, now, addressOf(c))
    }
    return session
  }
}

/** The caller must be the user that the path names. */
export function requireSelf(session: Session, userId: string): UserId {
  if (session.userId !== userId) throw forbidden('You can do this only for your own account')
  return session.userId
}

/** The caller must be joined; anything else is M_FORBIDDEN, also for rooms that do not exist. */
export function requireJoined(ctx: Ctx, userId: UserId, roomId: RoomId): void {
  if (ctx.reader.localMembership(userId, roomId)?.membership !== 'join') {
    throw forbidden('You are not in this room')
  }
}

/** Joined, or was once (then history ends where the user left), or anyone may read. */
export function requireReadable(ctx: Ctx, userId: UserId, roomId: RoomId): LocalMembership | undefined {
  const membership = ctx.reader.localMembership(userId, roomId)
  if (membership !== undefined && !membership.forgotten) {
    if (membership.membership === 'join') return membership
    if (membership.membership === 'leave' || membership.membership === 'ban') {
      if (wasJoined(ctx, membership)) return membership
    }
  }
  if (isWorldReadable(ctx, roomId)) return membership
  throw forbidden('You are not in this room')
}

/** Did the user leave from being joined (and not from an invite or knock)? */
function wasJoined(ctx: Ctx, membership: LocalMembership): boolean {
  const event = ctx.reader.getEvent(membership.eventId)
  return event?.stateBefore !== undefined && event.stateAfter !== undefined
}

export function isWorldReadable(ctx: Ctx, roomId: RoomId): boolean {
  if (ctx.reader.getRoom(roomId) === undefined) return false
  const visibility = ctx.reader.currentStateEvent(roomId, 'm.room.history_visibility', '')
  return visibility?.pdu.content['history_visibility'] === 'world_readable'
}

export { localpartOf, serverOf }

/** Events for one response to this session, with what relates to them bundled. */
export function bundlingFormatter(ctx: Ctx, session: Session): EventFormatter {
  const { reader, rooms, clock } = ctx
  const { userId } = session
  return createFormatter(reader, session, clock.now(), {
    userId,
    canSee: (event) => rooms.canUserSee(userId, event),
    ignored: ignoredUsers(ctx, userId),
  })
}

/** Users whose messages this user does not want to see (Client-Server API, "Ignoring Users"). */
export function ignoredUsers(
  ctx: { readonly accounts: Pick<AccountStore, 'accountData'> },
  userId: UserId,
): ReadonlySet<string> {
  const ignored = ctx.accounts.accountData(userId, undefined, 'm.ignored_user_list')?.['ignored_users']
  return new Set(typeof ignored === 'object' && ignored !== null ? Object.keys(ignored) : [])
}
