import type { EventId, RoomId } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { askInTurn } from './ask-in-turn.ts'
import { backfill, openGaps } from './backfill.ts'
import type { RoomsContext } from './context.ts'
import { fetchSingly, serversToAsk } from './fetch-missing.ts'
import { LruCache } from './lru-cache.ts'
import { withPatience } from './patience.ts'
import type { Gap, RoomRecord, StoredEvent } from './ports.ts'

/** Of 100 events each; what lies deeper is reached by going on. */
const MAX_ROUNDS = 300
const EVENTS_A_ROUND = 100
/** What nobody had is not asked for again before. */
const ASK_AGAIN_MS = 30_000

/**
 * An event that somebody refers to and that is not here: asked for at the room's other servers, checked, and
 * kept without a place in the timeline. Undefined when no server that can be reached has it.
 */
export async function fetchEvent(
  ctx: RoomsContext,
  roomId: RoomId,
  eventId: EventId,
): Promise<StoredEvent | undefined> {
  const known = ctx.store.getEvent(eventId)
  if (known !== undefined) return known
  const room = ctx.store.getRoom(roomId)
  if (room?.participating !== true) return undefined
  const asked = askedOf(ctx)
  const key = `${roomId} ${eventId}`
  const last = asked.get(key)
  let answer = last?.answer
  if (last === undefined || ctx.clock.now() - last.ts > ASK_AGAIN_MS) {
    answer = ctx.log.run('fetch event', { room: roomId, event: eventId }, (item) =>
      withPatience(ctx, (patient) => askForEvent(patient, item, room, eventId)),
    )
    asked.set(key, { ts: ctx.clock.now(), answer })
  }
  await answer
  return ctx.store.getEvent(eventId)
}

interface Asked {
  readonly ts: number
  readonly answer: Promise<unknown>
}

const askedBy = new WeakMap<RoomsContext, LruCache<string, Asked>>()

/** Everybody who sees a reply to an event that does not exist would have all servers asked for it. */
function askedOf(ctx: RoomsContext): LruCache<string, Asked> {
  let asked = askedBy.get(ctx)
  if (asked === undefined) {
    asked = new LruCache(1_000)
    askedBy.set(ctx, asked)
  }
  return asked
}

async function askForEvent(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  eventId: EventId,
): Promise<void> {
  await askInTurn(
    ctx.clock,
    serversToAsk(ctx, room.roomId, []),
    async (server) => {
      await fetchSingly(ctx, item, room, server, [eventId])
      return ctx.store.getEvent(eventId)
    },
    () => undefined,
  )
}

/**
 * Fetches an event that is not here with the history between it and what is, so that it has its place
 * in the timeline and its neighbours. Undefined when that cannot be had, or lies too far back.
 */
export async function fetchIntoTimeline(
  ctx: RoomsContext,
  roomId: RoomId,
  eventId: EventId,
): Promise<StoredEvent | undefined> {
  const event = await fetchEvent(ctx, roomId, eventId)
  if (event === undefined || event.pdu.roomId !== roomId) return undefined
  if (event.status !== 'outlier') return event
  return ctx.log.run('fetch history down to', { room: roomId, event: eventId }, () =>
    withPatience(ctx, async (patient) => {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const gap = gapAbove(ctx, roomId, event.pdu.depth)
        if (gap === undefined) return undefined
        if (!(await backfill(patient, roomId, gap.timelinePos, EVENTS_A_ROUND, { goesOn: true })))
          return undefined
        const placed = ctx.store.getEvent(eventId)
        if (placed?.timelinePos !== undefined) return placed
      }
      return undefined
    }),
  )
}

/** The gap that an event of this depth lies in: the one whose upper end is closest above it. */
function gapAbove(ctx: RoomsContext, roomId: RoomId, depth: number): Gap | undefined {
  let closest: { gap: Gap; depth: number } | undefined
  for (const gap of openGaps(ctx, roomId)) {
    const upper = ctx.store.getEvent(gap.eventId)?.pdu.depth
    if (upper === undefined || upper <= depth) continue
    if (closest === undefined || upper < closest.depth) closest = { gap, depth: upper }
  }
  return closest?.gap
}
