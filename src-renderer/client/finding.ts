import { MatrixError, Method, type MatrixClient } from 'matrix-js-sdk'
import { z } from 'zod'
import './zod-config.ts'
import {
  foundRoomSchema,
  foundRooms,
  toFoundRoom,
  type FoundPage,
  type FoundRoom,
  type SpaceEntry,
} from './found-room.ts'
import { cleanName, fallbackName, serverOf } from './names.ts'
import type { Person } from './types.ts'

const PAGE = 30
const MOST_SERVERS = 30
const V1 = { prefix: '/_matrix/client/v1' }

const pageSchema = z.object({
  chunk: z.array(z.unknown()),
  next_batch: z.string().min(1).optional(),
})
const hierarchySchema = z.object({ rooms: z.array(z.unknown()), next_batch: z.string().min(1).optional() })
const childSchema = z.object({
  state_key: z.string(),
  content: z.object({
    via: z.array(z.string()).min(1),
    order: z.string().optional().catch(undefined),
    suggested: z.boolean().optional().catch(undefined),
  }),
})
const peopleSchema = z.object({
  results: z.array(
    z.object({
      user_id: z.string().startsWith('@'),
      display_name: z.string().nullish().catch(undefined),
      avatar_url: z.string().startsWith('mxc://').nullish().catch(undefined),
    }),
  ),
})

export interface DirectoryQuery {
  /** Of whom to ask; undefined is the own node. */
  readonly server: string | undefined
  readonly words: string
  readonly spacesOnly: boolean
}

export interface SpacePage {
  readonly entries: readonly SpaceEntry[]
  readonly next: string | undefined
}

/** Rooms and people that are not in the own lists yet. Promises reject with the server's error. */
export function createFinding(sdk: MatrixClient, myUserId: string) {
  const own = serverOf(myUserId)

  return {
    /** One page of a server's room directory. */
    async directory({ server, words, spacesOnly }: DirectoryQuery, from?: string): Promise<FoundPage> {
      const filter = {
        ...(words === '' ? {} : { generic_search_term: words }),
        ...(spacesOnly ? { room_types: ['m.space'] } : {}),
      }
      const answer = pageSchema.parse(
        await sdk.http.authedRequest<unknown>(
          Method.Post,
          '/publicRooms',
          server === undefined ? undefined : { server },
          { limit: PAGE, filter, ...(from === undefined ? {} : { since: from }) },
        ),
      )
      return { rooms: foundRooms(answer.chunk, [server ?? own]), next: answer.next_batch }
    },

    /** Servers in one room, those with most of its people first. */
    serversOf(roomId: string): string[] {
      const count = new Map<string, number>()
      for (const { userId } of sdk.getRoom(roomId)?.getJoinedMembers() ?? []) {
        const server = serverOf(userId)
        count.set(server, (count.get(server) ?? 0) + 1)
      }
      return [...count].toSorted((a, b) => b[1] - a[1]).map(([server]) => server)
    },

    /** Servers of the people in one's rooms, the most frequent first, each with one of its people. */
    knownServers(): { serverName: string; person: string }[] {
      const found = new Map<string, { serverName: string; person: string; count: number }>()
      for (const room of sdk.getRooms()) {
        for (const { userId, name } of room.getJoinedMembers()) {
          const serverName = serverOf(userId)
          const entry = found.get(serverName)
          if (entry !== undefined) entry.count++
          else if (serverName !== own)
            found.set(serverName, { serverName, person: cleanName(name) ?? fallbackName(userId), count: 1 })
        }
      }
      return [...found.values()].toSorted((a, b) => b.count - a.count).slice(0, MOST_SERVERS)
    },

    /** What a room tells of itself before one is in it; undefined where it tells nothing. */
    async lookUpRoom(room: string, via: readonly string[]): Promise<FoundRoom | undefined> {
      const servers = via.length === 0 && room.startsWith('#') ? [serverOf(room)] : [...via]
      try {
        const answer: unknown = await sdk.http.authedRequest(
          Method.Get,
          `/room_summary/${encodeURIComponent(room)}`,
          servers.length === 0 ? undefined : { via: servers },
          undefined,
          V1,
        )
        return toFoundRoom(foundRoomSchema.parse(answer), servers)
      } catch (error) {
        if (error instanceof MatrixError && (error.httpStatus === 404 || error.httpStatus === 403))
          return undefined
        throw error
      }
    },

    /** The rooms of a space and of the spaces in it, in the order that the space gives them. */
    async browseSpace(spaceId: string, from?: string): Promise<SpacePage> {
      const answer = hierarchySchema.parse(
        await sdk.http.authedRequest<unknown>(
          Method.Get,
          `/rooms/${encodeURIComponent(spaceId)}/hierarchy`,
          { limit: '50', ...(from === undefined ? {} : { from }) },
          undefined,
          V1,
        ),
      )
      return { entries: spaceEntries(spaceId, answer.rooms), next: answer.next_batch }
    },

    /** People by a few letters of their name, among those whom this node knows of. */
    async searchPeople(words: string): Promise<Person[]> {
      const answer = peopleSchema.parse(
        await sdk.http.authedRequest<unknown>(Method.Post, '/user_directory/search', undefined, {
          search_term: words,
          limit: 20,
        }),
      )
      return answer.results
        .filter((each) => each.user_id !== myUserId)
        .map((each) => ({
          userId: each.user_id,
          name: cleanName(each.display_name) ?? fallbackName(each.user_id),
          avatarMxc: each.avatar_url ?? undefined,
        }))
    },
  }
}

/** `GET /hierarchy` answers depth first; each parent says where its children are. The space itself is left out. */
export function spaceEntries(spaceId: string, rooms: readonly unknown[]): SpaceEntry[] {
  const depths = new Map<string, number>([[spaceId, 0]])
  const known = new Map<string, { via: readonly string[]; suggested: boolean }>()
  const entries: SpaceEntry[] = []
  for (const each of rooms) {
    const parsed = foundRoomSchema.extend({ children_state: z.array(z.unknown()).catch([]) }).safeParse(each)
    if (!parsed.success) continue
    const { room_id: id, children_state: children } = parsed.data
    const depth = depths.get(id) ?? 1
    const place = known.get(id)
    for (const child of children) {
      const state = childSchema.safeParse(child)
      if (!state.success || depths.has(state.data.state_key)) continue
      depths.set(state.data.state_key, depth + 1)
      known.set(state.data.state_key, {
        via: state.data.content.via.slice(0, 5),
        suggested: state.data.content.suggested === true,
      })
    }
    if (id === spaceId) continue
    entries.push({
      room: toFoundRoom(parsed.data, place?.via ?? []),
      depth: depth - 1,
      suggested: place?.suggested ?? false,
    })
  }
  return entries
}
