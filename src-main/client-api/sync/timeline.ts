import type { RoomId } from '../../core/types.ts'
import type { StoredEvent, StreamPos, TimelinePos } from '../../rooms/ports.ts'
import type { Ctx } from '../context.ts'
import { isUnfiltered, passesRoomFilter, type RoomEventFilter } from '../filter.ts'
import type { UserId } from '../../core/types.ts'

export interface Timeline {
  /** Oldest first. */
  readonly events: readonly StoredEvent[]
  readonly limited: boolean
  /** The place just below the first event. */
  readonly below: TimelinePos
}

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 500
/** Where a filter hides events, this many times the limit is looked at. */
const FILTER_FACTOR = 10

/**
 * The room's newest events with `since < streamPos <= to`; all of the timeline's end when `since` is
 * undefined. It never spans a gap: what is below one must be paged for, which fills it.
 */
export function readTimeline(
  ctx: Ctx,
  args: {
    roomId: RoomId
    since: StreamPos | undefined
    to: StreamPos
    filter: RoomEventFilter | undefined
    user: UserId
    /** Leave out what the user may not see; needless for who was joined all the while. */
    checkVisibility: boolean
    /** Whose messages the user does not want to see. */
    ignored: ReadonlySet<string>
  },
): Timeline {
  const { reader, rooms } = ctx
  const { roomId, since, to, filter } = args
  const limit = Math.min(filter?.limit ?? DEFAULT_LIMIT, MAX_LIMIT)
  const wanted = isUnfiltered(filter) ? limit : limit * FILTER_FACTOR
  const top = reader.timelinePosAt(roomId, to)

  // By place, not by arrival: what filled a gap since then stands between events that came live.
  const from = since === undefined ? undefined : (reader.timelinePosAt(roomId, since) ?? undefined)
  const page =
    top === undefined
      ? []
      : reader.timeline({ roomId, direction: 'backward', from: top + 1, to: from, limit: wanted + 1 })
  let limited = page.length > wanted
  let events = page.slice(0, wanted).toReversed()

  const gap = highestGap(ctx, roomId, events)
  if (gap !== undefined) {
    events = events.filter((event) => (event.timelinePos ?? gap) >= gap)
    limited = true
  }
  let below = (events[0]?.timelinePos ?? (top ?? 0) + 1) - 1

  let shown = events.filter(
    (event) =>
      passesRoomFilter(filter, event.pdu) &&
      !(event.pdu.stateKey === undefined && args.ignored.has(event.pdu.sender)) &&
      (!args.checkVisibility || rooms.canUserSee(args.user, event)),
  )
  if (shown.length > limit) {
    shown = shown.slice(-limit)
    limited = true
    below = (shown[0]?.timelinePos ?? below + 1) - 1
  }
  return { events: shown, limited, below }
}

/** Position of the newest event in the page below which events are missing. */
function highestGap(ctx: Ctx, roomId: RoomId, events: readonly StoredEvent[]): TimelinePos | undefined {
  const first = events[0]?.timelinePos
  if (first === undefined) return undefined
  let highest: TimelinePos | undefined
  for (const { timelinePos } of ctx.reader.gaps(roomId)) {
    if (timelinePos < first || (highest !== undefined && timelinePos <= highest)) continue
    highest = timelinePos
  }
  return highest
}
