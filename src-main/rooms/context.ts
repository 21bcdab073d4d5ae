import type { JsonObject, RoomId, ServerName, Signer, StateMap, UserId } from '../core/types.ts'
import { roomVersionRules, type RoomVersionRules } from '../core/room-versions.ts'
import type { RoomVersionId } from '../core/types.ts'
import type { Clock, Random } from '../trace/clock.ts'
import type { LogItem, Logger } from '../trace/log.ts'
import { RoomError, type LocalUsers, type PresenceMode } from './api.ts'
import { createHistoryMemory, type HistoryMemory } from './history-memory.ts'
import { Lanes } from './lanes.ts'
import type { WaitingWrite } from './commit.ts'
import { AuthLinks } from './auth-links.ts'
import { LruCache } from './lru-cache.ts'
import type { Encryption, RoomListener, RoomRecord, RoomStore, StateGroupId } from './ports.ts'
import type { EventVerifier, Remote } from './remote-ports.ts'

/** What `createRooms` is given. */
export interface RoomsDeps {
  readonly serverName: ServerName
  readonly signer: Signer
  readonly store: RoomStore
  readonly remote: Remote
  readonly verifier: EventVerifier
  readonly users: LocalUsers
  readonly listener: RoomListener
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Federation domain control (`allow_domain`, `deny_domain`). */
  readonly domainAllowed: (server: ServerName) => boolean
  /** Sends an ephemeral EDU (typing) now or never; absent: such EDUs are not sent. */
  readonly sendEdu?: (destinations: readonly ServerName[], edu: JsonObject, key?: string) => void
  /**
   * Whether an identity server still stands by a key, asked at the address that a room tells; rejects where there
   * is no answer. Absent: every key counts as valid.
   */
  readonly identityKeyValid?: (validityUrl: string, publicKey: string) => Promise<boolean>
  /** Absent: nothing of encryption is told or heard. */
  readonly encryption?: Encryption
  /** Asked each time, as the owner may change it; absent: `lan`. */
  readonly presenceMode?: () => PresenceMode
}

/** The dependencies, with the little state that the use cases share in memory. */
export interface RoomsContext extends RoomsDeps {
  /** One writer a room for everything that has to wait for others in between. */
  readonly lanes: Lanes
  /** One backfill a room: it waits for slow servers, and must not hold up what arrives. */
  readonly historyLanes: Lanes
  /** One sender a room where a policy server is asked before. */
  readonly sendLanes: Lanes
  /** Rooms that are being joined from elsewhere: their events are staged already. */
  readonly joining: Map<RoomId, RoomVersionId>
  /** Resolution results by the set of state groups that went in. Ids of groups, so it is cheap. */
  readonly resolved: LruCache<string, StateGroupId>
  readonly authLinks: AuthLinks
  /**
   * State after events that are known only as somebody's missing prev event, as another server told it; by room
   * and event id.
   */
  readonly stateAfterMissing: LruCache<string, StateGroupId>
  /** What is remembered of fetching history; see `history-memory.ts`. */
  readonly history: HistoryMemory
  /** Background work, for `idle`. */
  readonly background: Set<Promise<void>>
  /** Writes that will share the next transaction. */
  readonly waitingWrites: WaitingWrite[]
  stopped: boolean
}

export function createContext(deps: RoomsDeps): RoomsContext {
  return {
    ...deps,
    lanes: new Lanes(),
    historyLanes: new Lanes(),
    sendLanes: new Lanes(),
    joining: new Map(),
    resolved: new LruCache(5000),
    authLinks: new AuthLinks((id) => deps.store.getEvent(id)?.pdu),
    stateAfterMissing: new LruCache(1000),
    history: createHistoryMemory(),
    background: new Set(),
    waitingWrites: [],
    stopped: false,
  }
}

/** Starts work that nobody awaits; `idle` does. Failures are logged with their tree. */
export function inBackground(
  ctx: RoomsContext,
  label: string,
  values: { [key: string]: string | number },
  fn: (item: LogItem) => Promise<void>,
): void {
  let done = (): void => undefined
  const task = new Promise<void>((resolve) => {
    done = resolve
  })
  ctx.background.add(task)
  ctx.log.detach(label, values, async (item) => {
    try {
      await fn(item)
    } finally {
      ctx.background.delete(task)
      done()
    }
  })
}

/** The room, when a local user is in it; 404 otherwise. */
export function participatingRoom(ctx: RoomsContext, roomId: RoomId): RoomRecord {
  const room = ctx.store.getRoom(roomId)
  if (room === undefined || !room.participating) {
    throw new RoomError(404, 'M_NOT_FOUND', 'This server is not in that room.')
  }
  return room
}

/**
 * Whether all that is known of a room, its version included, is what an invite or a knock's answer said:
 * anybody can invite to any room id, and must not keep others from the real room by a wrong version.
 */
export function isHearsay(room: RoomRecord | undefined): boolean {
  return room === undefined || (room.currentState === 0 && !room.participating)
}

export function rulesOf(room: { version: RoomVersionId }): RoomVersionRules {
  return roomVersionRules(room.version)
}

export function isLocal(ctx: RoomsContext, user: UserId): boolean {
  return serverOf(user) === ctx.serverName
}

/** A local user whose account was not deactivated. */
export function isActive(ctx: RoomsContext, user: UserId): boolean {
  return ctx.users.isActive?.(user) ?? ctx.users.exists(user)
}

/** The domain of a user id: everything after the first colon, port included. */
export function serverOf(user: string): ServerName {
  const colon = user.indexOf(':')
  return (colon < 0 ? '' : user.slice(colon + 1)) as ServerName
}

export type { StateMap }
