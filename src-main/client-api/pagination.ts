import type { RoomId, UserId } from '../core/types.ts'
import type { StoredEvent, TimelinePos } from '../rooms/ports.ts'
import { ignoredUsers, type Ctx } from './context.ts'

export interface Page {
  /** In the direction of the walk. */
  readonly events: readonly StoredEvent[]
  /** Where to go on; undefined when there is nothing more that way. */
  readonly end: TimelinePos | undefined
}

export interface PageQuery {
  readonly roomId: RoomId
  readonly user: UserId
  /** Between events: above everything at this position or lower. Undefined: the end of the room. */
  readonly from: TimelinePos | undefined
  readonly to: TimelinePos | undefined
  readonly limit: number
  readonly accepts: (event: StoredEvent) => boolean
}

/** Each page of events that a filter hides costs; after this many the client asks again by itself. */
const MAX_ROUNDS = 10

/**
 * Walks back through history, fetching from other servers what is missing here: where the page meets a
 * gap, or the oldest event known is not the room's first. Events the user may not see are left out.
 */
export async function pageBackward(ctx: Ctx, query: PageQuery): Promise<Page> {
  const { reader, rooms } = ctx
  const { roomId, limit } = query
  const shows = viewOf(ctx, query)
  const tried = new Set<TimelinePos | undefined>()
  const events: StoredEvent[] = []
  let at = query.from ?? reader.highestTimelinePos(roomId)
  if (at === undefined) return { events, end: undefined }

  for (let round = 0; round < MAX_ROUNDS && events.length < limit; round++) {
    const wanted = limit - events.length
    const from: TimelinePos = at + 1
    const raw = reader.timeline({ roomId, direction: 'backward', from, to: query.to, limit: wanted })
    const lowest = raw.at(-1)?.timelinePos ?? at + 1
    const gap = highestGap(ctx, roomId, from, lowest, tried)
    const page = gap === undefined ? raw : raw.filter((event) => (event.timelinePos ?? 0) >= gap)
    for (const event of page) if (shows(event)) events.push(event)
    const last = page.at(-1)?.timelinePos
    if (last !== undefined) at = last - 1

    if (gap !== undefined) {
      if (events.length >= limit) break
      tried.add(gap)
      await rooms.backfill(roomId, gap, Math.max(wanted, 30))
      continue
    }
    if (page.length === wanted) continue
    if (page.at(-1)?.pdu.type === 'm.room.create' || query.to !== undefined) return { events, end: undefined }
    if (tried.has(undefined) || isComplete(ctx, roomId)) return { events, end: undefined }
    tried.add(undefined)
    if (!(await rooms.backfill(roomId, undefined, Math.max(wanted, 30)))) return { events, end: undefined }
  }
  return { events, end: isAtStart(ctx, roomId, at) ? undefined : at }
}

export function pageForward(ctx: Ctx, query: PageQuery): Page {
  const { reader } = ctx
  const { roomId, limit } = query
  const shows = viewOf(ctx, query)
  const events: StoredEvent[] = []
  let at = query.from ?? (reader.lowestTimelinePos(roomId) ?? 0) - 1
  // A token is above its position, and the end of a query is exclusive.
  const to = query.to === undefined ? undefined : query.to + 1
  for (let round = 0; round < MAX_ROUNDS && events.length < limit; round++) {
    const wanted = limit - events.length
    const page = reader.timeline({ roomId, direction: 'forward', from: at, to, limit: wanted })
    for (const event of page) if (shows(event)) events.push(event)
    at = page.at(-1)?.timelinePos ?? at
    if (page.length < wanted)
      return { events, end: events.length > 0 && query.to === undefined ? at : undefined }
  }
  return { events, end: at }
}

/** What the walk shows: visible to the user, accepted by the filter, not from somebody ignored. */
function viewOf(ctx: Ctx, query: PageQuery): (event: StoredEvent) => boolean {
  const ignored = ignoredUsers(ctx, query.user)
  return (event) =>
    query.accepts(event) &&
    !(event.pdu.stateKey === undefined && ignored.has(event.pdu.sender)) &&
    ctx.rooms.canUserSee(query.user, event)
}

/** The newest gap in `[lowest, from]` that was not tried yet. */
function highestGap(
  ctx: Ctx,
  roomId: RoomId,
  from: TimelinePos,
  lowest: TimelinePos,
  tried: ReadonlySet<TimelinePos | undefined>,
): TimelinePos | undefined {
  let highest: TimelinePos | undefined
  for (const { timelinePos } of ctx.reader.gaps(roomId)) {
    if (timelinePos > from || timelinePos < lowest || tried.has(timelinePos)) continue
    if (highest === undefined || timelinePos > highest) highest = timelinePos
  }
  return highest
}

/** The oldest event here is the first of the room. */
function isComplete(ctx: Ctx, roomId: RoomId): boolean {
  const [oldest] = ctx.reader.timeline({ roomId, direction: 'forward', limit: 1 })
  return oldest === undefined || oldest.pdu.type === 'm.room.create'
}

function isAtStart(ctx: Ctx, roomId: RoomId, at: TimelinePos): boolean {
  const lowest = ctx.reader.lowestTimelinePos(roomId)
  return (
    (lowest === undefined || at < lowest) && isComplete(ctx, roomId) && ctx.reader.gaps(roomId).length === 0
  )
}
