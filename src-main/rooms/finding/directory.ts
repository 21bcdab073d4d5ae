import { parseRoomId } from '../../core/ids.ts'
import type { ServerName } from '../../core/types.ts'
import { RoomError } from '../api.ts'
import type { RoomsContext } from '../context.ts'
import { deniedServer } from '../denied-server.ts'
import { asRoomError } from '../remote-failure.ts'
import type { DirectoryPage, RoomSummary } from './api.ts'
import type { DirectoryQuery } from './ports.ts'
import { readSummary } from './read-summary.ts'
import { summarise } from './summarise.ts'
import { federatesWith } from './who-may-see.ts'

const MAX_TOKEN = 1_000

/**
 * Client-server and server-server `/publicRooms`, of this server: largest first. The tokens name the
 * room that a page ends at, not how many came before it, so that rooms that come and go while
 * somebody pages neither hide others nor show them twice.
 */
export function createLocalDirectory(
  ctx: RoomsContext,
): (query: DirectoryQuery, origin?: ServerName) => DirectoryPage {
  // Who asks again and again, as strangers may, does not make this server look at every room each time.
  let kept: { readonly version: string; readonly rooms: readonly RoomSummary[] } | undefined
  const listed = (): readonly RoomSummary[] => {
    const { store } = ctx
    const ids = store.publicRooms().filter((roomId) => store.getRoom(roomId)?.participating === true)
    const version = `${store.maxStreamPos()} ${ids.join()}`
    if (kept?.version !== version) {
      kept = { version, rooms: ids.map((roomId) => summarise(store, roomId)).sort(compare) }
    }
    return kept.rooms
  }
  return (query, origin) => {
    const rooms = listed().filter(
      (room) => matches(room, query) && (origin === undefined || federatesWith(ctx, origin, room.room_id)),
    )
    return pageOf(rooms, query)
  }
}

function pageOf(rooms: readonly RoomSummary[], query: DirectoryQuery): DirectoryPage {
  const token = readToken(query.since)
  const passed = token === undefined ? 0 : rooms.filter((room) => compare(room, token) < 0).length
  const atToken = token !== undefined && rooms[passed]?.room_id === token.room_id ? 1 : 0
  const start = token?.back === true ? Math.max(0, passed - query.limit) : passed + atToken
  const end = token?.back === true ? passed : Math.min(rooms.length, start + query.limit)
  const page = rooms.slice(start, end)
  const [first, last] = [page[0], page.at(-1)]
  return {
    rooms: page,
    nextBatch: end < rooms.length && last !== undefined ? makeToken('n', last) : undefined,
    prevBatch: start > 0 && first !== undefined ? makeToken('p', first) : undefined,
    total: rooms.length,
  }
}

/** The directory of another server, with its answer checked and bounded. Throws `RoomError`. */
export async function remoteDirectory(
  ctx: RoomsContext,
  server: ServerName,
  query: DirectoryQuery,
): Promise<DirectoryPage> {
  if (!ctx.domainAllowed(server)) throw deniedServer(server)
  try {
    const answer = await ctx.remote.publicRooms(server, query)
    const rooms = answer.chunk.slice(0, query.limit).flatMap((json) => readSummary(json) ?? [])
    const total = answer.total
    return {
      rooms,
      nextBatch: usable(answer.nextBatch),
      prevBatch: usable(answer.prevBatch),
      total: total !== undefined && Number.isSafeInteger(total) && total >= 0 ? total : undefined,
    }
  } catch (error) {
    throw asRoomError(error, server, 'show its room directory')
  }
}

const usable = (token: string | undefined): string | undefined =>
  token !== undefined && token !== '' && token.length <= MAX_TOKEN ? token : undefined

function matches(room: RoomSummary, { term, types }: DirectoryQuery): boolean {
  if (types !== undefined && !types.includes(room.room_type ?? null)) return false
  const needle = term?.trim().toLowerCase() ?? ''
  if (needle === '') return true
  return [room.name, room.topic, room.canonical_alias].some((text) => text?.toLowerCase().includes(needle))
}

type Place = Pick<RoomSummary, 'num_joined_members' | 'room_id'>

function compare(a: Place, b: Place): number {
  const bySize = b.num_joined_members - a.num_joined_members
  if (bySize !== 0) return bySize
  return a.room_id < b.room_id ? -1 : a.room_id > b.room_id ? 1 : 0
}

const makeToken = (direction: 'n' | 'p', place: Place): string =>
  `${direction}${place.num_joined_members}_${place.room_id}`

function readToken(token: string | undefined): (Place & { back: boolean }) | undefined {
  if (token === undefined || token === '') return undefined
  const match = /^([np])(\d{1,10})_(.*)$/s.exec(token)
  const roomId = parseRoomId(match?.[3])
  if (match === null || roomId === undefined) {
    throw new RoomError(400, 'M_INVALID_PARAM', 'since was not made by this server.')
  }
  return { back: match[1] === 'p', num_joined_members: Number(match[2]), room_id: roomId }
}
