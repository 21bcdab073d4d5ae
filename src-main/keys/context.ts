import { serverNameOf } from '../core/ids.ts'
import type { JsonObject, ServerName, UserId } from '../core/types.ts'
import type { Clock, Random } from '../trace/clock.ts'
import type { Logger } from '../trace/log.ts'
import type { KeysRemote, LocalKeyStore, RemoteDeviceStore, SharedRooms } from './ports.ts'

export interface KeysDeps {
  readonly serverName: ServerName
  readonly local: LocalKeyStore
  readonly others: RemoteDeviceStore
  readonly rooms: SharedRooms
  readonly remote: KeysRemote
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly domainAllowed: (server: ServerName) => boolean
  /** Something was committed that these local users' syncs tell. Must not throw. */
  readonly wake: (users: Iterable<UserId>) => void
  /** How much waits for a server that is away. */
  readonly waitingFor: (server: ServerName) => number
  /** Something was queued for these servers. Must not throw. */
  readonly queued: (servers: readonly ServerName[]) => void
}

/** A question about a user's devices that is under way; updates that come meanwhile may not be in the answer. */
export interface Asking {
  /** The highest stream id of an update that came; Infinity for a change without one. */
  newest: number | undefined
}

export interface KeysContext extends KeysDeps {
  readonly asking: Map<UserId, Set<Asking>>
  /** Servers that did not answer just now, and until when they are not asked again. */
  readonly away: Map<ServerName, { readonly until: number; readonly words: string }>
}

export const isLocal = (ctx: KeysContext, user: UserId): boolean => serverNameOf(user) === ctx.serverName

/** Rooms of this server that the user is in. */
const commonRooms = (ctx: KeysContext, user: UserId) =>
  ctx.rooms.roomsJoinedBy(user).filter((room) => ctx.rooms.getRoom(room)?.participating === true)

export const sharesRoom = (ctx: KeysContext, user: UserId): boolean => commonRooms(ctx, user).length > 0

/** Other servers with a member in a room of this local user. */
export function serversSharing(ctx: KeysContext, user: UserId): Set<ServerName> {
  const servers = new Set(commonRooms(ctx, user).flatMap((room) => ctx.rooms.joinedServers(room)))
  servers.delete(ctx.serverName)
  for (const server of servers) if (!ctx.domainAllowed(server)) servers.delete(server)
  return servers
}

export function sharesWithServer(ctx: KeysContext, user: UserId, server: ServerName): boolean {
  return commonRooms(ctx, user).some((room) => ctx.rooms.joinedServers(room).includes(server))
}

/** Local users who share a room with the user, the user included where local. */
export function localUsersSharing(ctx: KeysContext, user: UserId): Set<UserId> {
  const users = new Set(commonRooms(ctx, user).flatMap((room) => ctx.rooms.joinedLocalUsers(room)))
  if (isLocal(ctx, user)) users.add(user)
  return users
}

/** Notes, while `work` asks about these users, what comes in about them. */
export async function whileAsking<T>(
  ctx: KeysContext,
  users: readonly UserId[],
  work: (asking: ReadonlyMap<UserId, Asking>) => Promise<T>,
): Promise<T> {
  const own = new Map(users.map((user): [UserId, Asking] => [user, { newest: undefined }]))
  for (const [user, asking] of own) {
    const all = ctx.asking.get(user) ?? new Set()
    ctx.asking.set(user, all.add(asking))
  }
  try {
    return await work(own)
  } finally {
    for (const [user, asking] of own) {
      const all = ctx.asking.get(user)
      all?.delete(asking)
      if (all?.size === 0) ctx.asking.delete(user)
    }
  }
}

/** Something came in about the user's devices or keys. */
export function noteNews(ctx: KeysContext, user: UserId, streamId = Infinity): void {
  for (const asking of ctx.asking.get(user) ?? []) asking.newest = Math.max(asking.newest ?? 0, streamId)
}

export const sameJson = (a: JsonObject | undefined, b: JsonObject | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b)
