import type { RoomId } from '../core/types.ts'
import { backfill, MAX_BACKFILL, openGaps } from './backfill.ts'
import { inBackground, type RoomsContext } from './context.ts'
import { segmentOf, TIMELINE_STEP, type Gap, type TimelinePos } from './ports.ts'

/** Events that are to be here below where somebody reads. */
const AHEAD = 400

/**
 * Somebody reads a room back in time and has come down to `at`: while they read, what lies before that is
 * fetched. A bounded stretch at a time, and one fetch a room.
 */
export function readAhead(ctx: RoomsContext, roomId: RoomId, at: TimelinePos): void {
  const { readers } = ctx.history
  const isRunning = readers.has(roomId)
  if (!isRunning && gapAhead(ctx, roomId, at) === undefined) return
  readers.set(roomId, at)
  if (isRunning) return
  inBackground(ctx, 'read ahead', { room: roomId }, async () => {
    try {
      while (!ctx.stopped) {
        const gap = gapAhead(ctx, roomId, readers.get(roomId) ?? at)
        if (gap === undefined) return
        if (!(await backfill(ctx, roomId, gap.timelinePos, MAX_BACKFILL, { goesOn: true }))) return
      }
    } finally {
      readers.delete(roomId)
    }
  })
}

/** The next gap, if it is near. Whatever fills one in this stretch of history comes to lie at its lower end. */
function gapAhead(ctx: RoomsContext, roomId: RoomId, at: TimelinePos): Gap | undefined {
  const gap = openGaps(ctx, roomId).find(
    ({ timelinePos }) => timelinePos <= at || segmentOf(timelinePos) === segmentOf(at),
  )
  return gap !== undefined && eventsBetween(gap.timelinePos, at) < AHEAD ? gap : undefined
}

/** About as many as there are: live events are a step apart, those that filled a gap stand side by side. */
function eventsBetween(low: TimelinePos, high: TimelinePos): number {
  const steps = segmentOf(high) - segmentOf(low)
  return steps === 0 ? high - low : steps + (segmentOf(low) * TIMELINE_STEP - low)
}
