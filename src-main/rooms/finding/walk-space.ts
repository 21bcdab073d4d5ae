import type { RoomId, ServerName, UserId } from '../../core/types.ts'
import { RoomError } from '../api.ts'
import type { RoomsContext } from '../context.ts'
import { LruCache } from '../lru-cache.ts'
import type { SpacePage, SpaceQuery, SpaceRoom } from './api.ts'
import type { RemoteRooms, ToldRoom } from './remote-rooms.ts'
import { childrenOf, type SpaceChild } from './space-children.ts'
import { withChildren } from './space-for-server.ts'
import { userMaySee, userMaySeeSummary } from './who-may-see.ts'

const MAX_DEPTH = 20
const MAX_ROOMS = 2_000
const MAX_WAITING = 5_000
/** A page is answered after this with what has come, so that servers that are away do not hold it up. */
const PAGE_MS = 20_000
const TOKEN_AGE_MS = 15 * 60_000
const MAX_TOKENS = 200
/** Rooms of other servers that are asked for at once. */
const AHEAD = 4

interface Waiting {
  readonly roomId: RoomId
  readonly depth: number
  readonly via: readonly ServerName[]
  /** What the answer for its parent said of it. */
  readonly told?: ToldRoom | undefined
}

/** A walk that stopped at the end of a page. Never changed: a page may be asked for twice. */
interface Pause {
  readonly user: UserId
  readonly root: RoomId
  readonly maxDepth: number
  readonly suggestedOnly: boolean
  readonly until: number
  /** The next one last. */
  readonly waiting: readonly Waiting[]
  readonly seen: ReadonlySet<RoomId>
}

type Found = { readonly room: SpaceRoom; readonly next: readonly Waiting[] }

/**
 * Client-server `GET /rooms/{roomId}/hierarchy`: depth first, children in their order, each room once.
 * What this server does not know, it asks of the servers that the space names (`via`).
 */
export function createSpaceWalk(
  ctx: RoomsContext,
  remote: RemoteRooms,
): (query: SpaceQuery) => Promise<SpacePage> {
  const pauses = new LruCache<string, Pause>(MAX_TOKENS)

  const isKnown = (roomId: RoomId): boolean => ctx.store.getRoom(roomId)?.participating === true

  function begin(query: SpaceQuery): Pause {
    return {
      user: query.user,
      root: query.roomId,
      maxDepth: Math.min(MAX_DEPTH, query.maxDepth ?? MAX_DEPTH),
      suggestedOnly: query.suggestedOnly,
      until: 0,
      waiting: [{ roomId: query.roomId, depth: 0, via: query.via ?? [] }],
      seen: new Set(),
    }
  }

  function resume(query: SpaceQuery, token: string): Pause {
    const pause = pauses.get(token)
    if (pause === undefined || pause.until < ctx.clock.now() || pause.user !== query.user) {
      throw new RoomError(400, 'M_INVALID_PARAM', 'This page is no longer there; begin again.')
    }
    const depth = query.maxDepth === undefined ? pause.maxDepth : Math.min(MAX_DEPTH, query.maxDepth)
    if (
      pause.root !== query.roomId ||
      depth !== pause.maxDepth ||
      pause.suggestedOnly !== query.suggestedOnly
    ) {
      throw new RoomError(
        400,
        'M_INVALID_PARAM',
        'suggested_only and max_depth cannot change on paginated requests.',
      )
    }
    return pause
  }

  return async (query) => {
    const start = query.from === undefined ? begin(query) : resume(query, query.from)
    const walk = { ...start, waiting: [...start.waiting], seen: new Set(start.seen) }
    const rooms: SpaceRoom[] = []
    const end = ctx.clock.monotonic() + PAGE_MS
    while (walk.waiting.length > 0 && rooms.length < query.limit && walk.seen.size < MAX_ROOMS) {
      if (rooms.length > 0 && ctx.clock.monotonic() > end) break
      const next = walk.waiting.pop()
      if (next === undefined || walk.seen.has(next.roomId)) continue
      walk.seen.add(next.roomId)
      askAhead(walk.waiting)
      const found = await lookAt(next, walk)
      if (found === undefined) {
        if (next.depth === 0) throw new RoomError(403, 'M_FORBIDDEN', 'You may not see this space.')
        continue
      }
      rooms.push(found.room)
      const more = found.next.filter((child) => !walk.seen.has(child.roomId)).toReversed()
      walk.waiting.push(...more.slice(0, Math.max(0, MAX_WAITING - walk.waiting.length)))
    }
    const left = walk.waiting.filter((waiting) => !walk.seen.has(waiting.roomId))
    if (left.length === 0 || walk.seen.size >= MAX_ROOMS) return { rooms, nextBatch: undefined }
    const token = ctx.random.token(16)
    pauses.set(token, { ...walk, waiting: left, until: ctx.clock.now() + TOKEN_AGE_MS })
    return { rooms, nextBatch: token }
  }

  /** The answers are kept for when it is their turn. */
  function askAhead(waiting: readonly Waiting[]): void {
    for (const next of waiting.slice(-AHEAD)) {
      if (isKnown(next.roomId) || (next.told !== undefined && !isSpace(next.told))) continue
      remote.ask(next.roomId, next.via).catch((error: unknown) => {
        ctx.log.note('asking ahead failed', { room: next.roomId, error: String(error) }, 'error')
      })
    }
  }

  async function lookAt(next: Waiting, walk: Pause): Promise<Found | undefined> {
    const { roomId, depth } = next
    const wanted = (children: readonly SpaceChild[]): SpaceChild[] =>
      walk.suggestedOnly ? children.filter((child) => child.suggested) : [...children]
    const below = (children: readonly SpaceChild[], told?: ReadonlyMap<RoomId, ToldRoom>): Waiting[] =>
      depth >= walk.maxDepth
        ? []
        : children.map((child) => ({
            roomId: child.roomId,
            depth: depth + 1,
            via: child.via,
            told: told?.get(child.roomId),
          }))

    // "The local data should be used instead of the remote server's data."
    if (isKnown(roomId)) {
      if (!userMaySee(ctx, walk.user, roomId)) return undefined
      const children = wanted(childrenOf(ctx.store, roomId))
      return { room: withChildren(ctx, roomId, children), next: below(children) }
    }
    const needed = next.told === undefined || isSpace(next.told)
    const answer = needed ? await remote.ask(roomId, next.via) : undefined
    const told = answer ?? next.told
    if (told === undefined || !userMaySeeSummary(ctx, walk.user, told.summary)) return undefined
    const children = wanted(told.children)
    const open = children.filter((child) => answer?.inaccessible.has(child.roomId) !== true)
    return {
      room: { ...told.summary, children_state: children.map((child) => child.json) },
      next: below(open, answer?.childRooms),
    }
  }
}

const isSpace = (told: ToldRoom): boolean => told.summary.room_type === 'm.space'
