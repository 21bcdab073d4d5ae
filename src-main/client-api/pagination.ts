import type { RoomId, UserId } from '../core/types.ts'
import { segmentOf, type Gap, type StoredEvent, type TimelinePos } from '../rooms/ports.ts'
import { ignoredUsers, type Ctx } from './context.ts'

/** What paging needs of the context. */
export type PagingCtx = Pick<Ctx, 'reader' | 'rooms'> & {
  readonly accounts: Pick<Ctx['accounts'], 'accountData'>
}

export interface Page {
  /** In the direction of the walk. */
  readonly events: readonly StoredEvent[]
  /** Where to go on; undefined when there is nothing more that way. */
  readonly end: TimelinePos | undefined
  /** There is more that way, on servers that could not be reached, or did not give it. */
  readonly incomplete?: boolean
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
/** Gaps that one request waits for; more while it has nothing to show, as then it would seem to be the end. */
const MAX_FILLS = 20
const MAX_FILLS_FOR_NOTHING = 200
/** Fetched at once however few are wanted: more will be. */
const MIN_FETCHED = 30

/**
 * Walks back through history, fetching from other servers what is missing here: where the page meets a
 * gap, or the oldest event known is not the room's first. Events the user may not see are left out.
 */
export async function pageBackward(ctx: PagingCtx, query: PageQuery): Promise<Page> {
  const { reader, rooms } = ctx
  const { roomId, limit } = query
  const shows = viewOf(ctx, query)
  const events: StoredEvent[] = []
  let at = query.from ?? reader.highestTimelinePos(roomId)
  if (at === undefined) return { events, end: undefined }

  let fills = 0
  for (let round = 0; round < MAX_ROUNDS && events.length < limit;) {
    const wanted = limit - events.length
    const from: TimelinePos = at + 1
    const raw = reader.timeline({ roomId, direction: 'backward', from, to: query.to, limit: wanted })
    const isLast = raw.length < wanted
    const lowest = isLast ? (query.to ?? -Infinity) : (raw.at(-1)?.timelinePos ?? from)
    // What could not be had just now is passed by: the way down must not end there.
    const gap: Gap | undefined =
      rooms.openGaps(roomId, from).find((one) => one.timelinePos >= lowest) ??
      (isLast && query.to === undefined ? gapPassed(ctx, roomId, raw.at(-1)?.timelinePos ?? at) : undefined)
    const page: StoredEvent[] =
      gap === undefined || gap.timelinePos > from
        ? raw
        : raw.filter((event) => (event.timelinePos ?? 0) >= gap.timelinePos)
    for (const event of page) if (shows(event)) events.push(event)
    const last = page.at(-1)?.timelinePos
    if (last !== undefined) at = last - 1
    if (gap !== undefined) {
      if (events.length >= limit || (fills >= MAX_FILLS && events.length > 0)) break
      if (fills >= MAX_FILLS_FOR_NOTHING) return { events, end: undefined, incomplete: true }
      fills++
      await rooms.backfill(roomId, gap.timelinePos, Math.max(wanted, MIN_FETCHED))
      continue
    }
    if (isLast && (query.to !== undefined || isComplete(ctx, roomId))) return { events, end: undefined }
    if (isLast) return { events, end: events.length > 0 ? at : undefined, incomplete: true }
    round++
  }
  if (isAtStart(ctx, roomId, at)) return { events, end: undefined }
  if (query.to === undefined) rooms.readAhead(roomId, at)
  return { events, end: at }
}

export function pageForward(ctx: PagingCtx, query: PageQuery): Page {
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

/**
 * A gap above, in the stretch of history that ends here: where a room has many branches, one that was met late is
 * filled below what was read by then.
 */
function gapPassed(ctx: PagingCtx, roomId: RoomId, bottom: TimelinePos): Gap | undefined {
  return ctx.rooms
    .openGaps(roomId, Infinity)
    .find(({ timelinePos }) => segmentOf(timelinePos) === segmentOf(bottom))
}

/** What the walk shows: visible to the user, accepted by the filter, not from somebody ignored. */
function viewOf(ctx: PagingCtx, query: PageQuery): (event: StoredEvent) => boolean {
  const ignored = ignoredUsers(ctx, query.user)
  return (event) =>
    query.accepts(event) &&
    !(event.pdu.stateKey === undefined && ignored.has(event.pdu.sender)) &&
    ctx.rooms.canUserSee(query.user, event)
}

/** The oldest event here is the first of the room, and nothing is missing beside it. */
function isComplete(ctx: PagingCtx, roomId: RoomId): boolean {
  const [oldest] = ctx.reader.timeline({ roomId, direction: 'forward', limit: 1 })
  if (oldest?.timelinePos === undefined) return true
  const lowest = segmentOf(oldest.timelinePos)
  return (
    oldest.pdu.type === 'm.room.create' &&
    ctx.reader.gaps(roomId).every((gap) => segmentOf(gap.timelinePos) > lowest)
  )
}

function isAtStart(ctx: PagingCtx, roomId: RoomId, at: TimelinePos): boolean {
  const lowest = ctx.reader.lowestTimelinePos(roomId)
  return (lowest === undefined || at < lowest) && isComplete(ctx, roomId)
}
