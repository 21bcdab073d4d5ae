import { own } from '../../core/json.ts'
import { parseRoomId } from '../../core/ids.ts'
import type { JsonObject, RoomId, ServerName } from '../../core/types.ts'
import type { RoomsContext } from '../context.ts'
import { LruCache } from '../lru-cache.ts'
import { RemoteError } from '../ports.ts'
import type { RoomSummary } from './api.ts'
import type { RawSpaceAnswer } from './ports.ts'
import { readSummary } from './read-summary.ts'
import { readChildren, type SpaceChild } from './space-children.ts'

/** A room as another server tells of it. */
export interface ToldRoom {
  readonly summary: RoomSummary
  readonly children: readonly SpaceChild[]
}

export interface ToldSpace extends ToldRoom {
  /** What the answer says of the children, which spares further requests. */
  readonly childRooms: ReadonlyMap<RoomId, ToldRoom>
  /** Children that nobody of this server can see anywhere. */
  readonly inaccessible: ReadonlySet<RoomId>
}

export interface RemoteRooms {
  /** The first answer of these servers; undefined where none has one. Why each failed is in `failures`. */
  ask(roomId: RoomId, servers: readonly ServerName[], failures?: string[]): Promise<ToldSpace | undefined>
}

/** Who looks again sees what has changed; who pages, or looks from two places at once, does not ask twice. */
const FRESH_MS = 10_000
/** So long what a server said stands in for it while it is away. */
const STALE_MS = 5 * 60_000
/** A server that was away is not waited for again and again while somebody pages. */
const AWAY_MS = 30_000
const MAX_KEPT = 50
const MAX_SERVERS = 4
const MAX_CHILD_ROOMS = 100

type Answer = { readonly told: ToldSpace } | { readonly failure: string }

/** Asks other servers of rooms, and remembers their answers: "should be cached for a period of time". */
export function createRemoteRooms(ctx: RoomsContext): RemoteRooms {
  const answers = new LruCache<string, { at: number; answer: Promise<Answer> }>(MAX_KEPT)
  const lastTold = new LruCache<string, { at: number; told: ToldSpace }>(MAX_KEPT)
  const awayUntil = new LruCache<ServerName, number>(1_000)

  const now = (): number => ctx.clock.now()
  const keyOf = (server: ServerName, roomId: RoomId): string => `${server} ${roomId}`

  function whileAway(server: ServerName, roomId: RoomId): Answer {
    const last = lastTold.get(keyOf(server, roomId))
    if (last !== undefined && last.at + STALE_MS > now()) return { told: last.told }
    return { failure: `${server} could not be reached` }
  }

  async function request(server: ServerName, roomId: RoomId): Promise<Answer> {
    try {
      const told = read(roomId, await ctx.remote.spaceHierarchy(server, roomId))
      if (told === undefined) return { failure: `${server} answered with another room` }
      lastTold.set(keyOf(server, roomId), { at: now(), told })
      return { told }
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error
      if (error.status !== undefined && error.status < 500) {
        lastTold.delete(keyOf(server, roomId))
        return { failure: `${server} does not show it` }
      }
      awayUntil.set(server, now() + AWAY_MS)
      return whileAway(server, roomId)
    }
  }

  function remembered(server: ServerName, roomId: RoomId): Promise<Answer> {
    const key = keyOf(server, roomId)
    const known = answers.get(key)
    if (known !== undefined && known.at + FRESH_MS > now()) return known.answer
    const answer = request(server, roomId)
    answers.set(key, { at: now(), answer })
    answer.catch(() => answers.delete(key))
    return answer
  }

  return {
    async ask(roomId, servers, failures = []) {
      const usable = [...new Set(servers)].filter((server) => server !== '' && server !== ctx.serverName)
      for (const server of usable.slice(0, MAX_SERVERS)) {
        if (!ctx.domainAllowed(server)) {
          failures.push(`${server} is not allowed here`)
          continue
        }
        const isAway = (awayUntil.get(server) ?? 0) > now()
        const answer = isAway ? whileAway(server, roomId) : await remembered(server, roomId)
        if ('told' in answer) return answer.told
        failures.push(answer.failure)
      }
      return undefined
    },
  }
}

function read(roomId: RoomId, answer: RawSpaceAnswer): ToldSpace | undefined {
  const room = readRoom(answer.room)
  if (room?.summary.room_id !== roomId) return undefined
  const children = new Set(room.children.map((child) => child.roomId))
  const childRooms = new Map<RoomId, ToldRoom>()
  for (const json of answer.children.slice(0, MAX_CHILD_ROOMS)) {
    const child = readRoom(json)
    // Only of its own children is a space's server asked.
    if (child !== undefined && children.has(child.summary.room_id)) {
      childRooms.set(child.summary.room_id, child)
    }
  }
  const inaccessible = answer.inaccessible.flatMap((id) => parseRoomId(id) ?? [])
  return { ...room, childRooms, inaccessible: new Set(inaccessible.filter((id) => children.has(id))) }
}

function readRoom(json: JsonObject): ToldRoom | undefined {
  const summary = readSummary(json)
  if (summary === undefined) return undefined
  return { summary, children: readChildren(own(json, 'children_state')) }
}
