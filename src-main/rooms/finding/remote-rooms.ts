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

const FRESH_MS = 5 * 60_000
const REFUSED_MS = 30_000
/** A server that was away is not waited for again and again while somebody pages. */
const AWAY_MS = 30_000
const MAX_KEPT = 50
const MAX_SERVERS = 4
const MAX_CHILD_ROOMS = 100

type Answer = { readonly told: ToldSpace } | { readonly failure: string; readonly away: boolean }

/** Asks other servers of rooms, and remembers their answers: "should be cached for a period of time". */
export function createRemoteRooms(ctx: RoomsContext): RemoteRooms {
  const kept = new LruCache<string, { until: number; answer: Promise<Answer> }>(MAX_KEPT)
  const away = new LruCache<ServerName, number>(1_000)

  async function request(server: ServerName, roomId: RoomId): Promise<Answer> {
    try {
      const told = read(roomId, await ctx.remote.spaceHierarchy(server, roomId))
      if (told === undefined) return { failure: `${server} answered with another room`, away: false }
      return { told }
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error
      const refused = error.status !== undefined && error.status < 500
      if (!refused) away.set(server, ctx.clock.now() + AWAY_MS)
      const words = refused ? `${server} does not show it` : `${server} could not be reached`
      return { failure: words, away: !refused }
    }
  }

  function remembered(server: ServerName, roomId: RoomId): Promise<Answer> {
    const key = `${server} ${roomId}`
    const now = ctx.clock.now()
    const known = kept.get(key)
    if (known !== undefined && known.until > now) return known.answer
    const answer = request(server, roomId).then(
      (result) => {
        if (!('told' in result)) {
          if (result.away) kept.delete(key)
          else kept.set(key, { answer, until: ctx.clock.now() + REFUSED_MS })
        }
        return result
      },
      (error: unknown) => {
        kept.delete(key)
        throw error
      },
    )
    kept.set(key, { answer, until: now + FRESH_MS })
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
        if ((away.get(server) ?? 0) > ctx.clock.now()) {
          failures.push(`${server} could not be reached`)
          continue
        }
        const answer = await remembered(server, roomId)
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
