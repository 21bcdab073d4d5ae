import type { Pdu, ServerName } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import type { RoomsContext } from './context.ts'
import { placeEvent, type Placement } from './place-event.ts'
import { isPlaced, unknownPrevs } from './room-state.ts'
import { commitMany } from './state-later.ts'

/** A transaction holds so many events at most, or what fits in this time, to keep the loop turning. */
const CHUNK = 32
const CHUNK_MS = 8

/**
 * Gives their place to as many of these events, from `from` on, as need nobody else's help, in one
 * transaction: waiting for the disk is the dearest part of each. Answers how many were dealt with.
 *
 * @param server who gave them.
 */
export function placeReady(
  ctx: RoomsContext,
  item: LogItem,
  ordered: readonly Pdu[],
  from: number,
  server: ServerName | undefined,
): number {
  const started = ctx.clock.monotonic()
  return commitMany(ctx, (effects) => {
    let count = 0
    while (count < CHUNK && (count === 0 || ctx.clock.monotonic() - started < CHUNK_MS)) {
      const pdu = ordered[from + count]
      if (pdu === undefined) break
      if (!isPlaced(ctx.store.getEvent(pdu.eventId))) {
        if (ctx.store.missingEvents(pdu.authEvents).length > 0) break
        if (unknownPrevs(ctx, pdu).length > 0) break
        notePlaced(item, pdu, placeEvent(ctx, effects, pdu, { stateLater: true, from: server }))
      }
      count++
    }
    return count
  })
}

export function notePlaced(item: LogItem, pdu: Pdu, { status, reason, check }: Placement): void {
  item.note('placed', { event: pdu.eventId, type: pdu.type, sender: pdu.sender, status, check, reason })
}
