import type { Pdu, ServerName } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { commit, type Effects } from './commit.ts'
import { serverOf, type RoomsContext } from './context.ts'
import { fetchAuthEvents, fetchPrevEvents, serversToAsk } from './fetch-missing.ts'
import type { RoomKey } from './outliers.ts'
import { placeEvent, type Placement } from './place-event.ts'
import { isPlaced, unknownPrevs } from './room-state.ts'

export type Received =
  | Placement
  | { readonly status: 'known' }
  | { readonly status: 'retry'; readonly reason: string }

/**
 * Takes an event whose format, signatures and hash were checked into its room, fetching what it refers
 * to. `retry`: others could not be reached, or did not have it. Runs in the room's lane.
 *
 * @param also writes that belong in the same transaction.
 */
export async function receiveEvent(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  origin: ServerName,
  pdu: Pdu,
  also?: (effects: Effects, placement: Placement) => void,
): Promise<Received> {
  if (!isReady(ctx, pdu)) {
    const servers = serversToAsk(ctx, room.roomId, [origin, serverOf(pdu.sender)])
    const auth = await fetchAuthEvents(ctx, item, room, servers, pdu)
    if (auth.length > 0) return { status: 'retry', reason: `auth events are missing: ${auth.join(', ')}` }
    if (unknownPrevs(ctx, pdu).length > 0) {
      const prevs = await fetchPrevEvents(ctx, item, room, servers, pdu)
      if (prevs.length > 0) return { status: 'retry', reason: `prev events are missing: ${prevs.join(', ')}` }
    }
  }
  if (isPlaced(ctx.store.getEvent(pdu.eventId))) return { status: 'known' }
  return commit(ctx, (effects) => {
    const placement = placeEvent(ctx, effects, pdu, { from: origin })
    also?.(effects, placement)
    return placement
  })
}

/** Everything that the event refers to is here: it can be placed without asking anybody. */
export function isReady(ctx: RoomsContext, pdu: Pdu): boolean {
  return ctx.store.missingEvents(pdu.authEvents).length === 0 && unknownPrevs(ctx, pdu).length === 0
}
