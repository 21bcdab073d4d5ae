import type { EventId, ServerName } from '../core/types.ts'
import { RoomError } from './api.ts'
import { serverOf, type RoomsContext } from './context.ts'
import type { StoredEvent } from './ports.ts'
import { checkAcl, checkInRoom } from './serve-history.ts'
import { canServerSee } from './visibility.ts'

/**
 * An event, for a server that asks how it fared: one that is in the room and may see it, or that wrote it.
 * Undefined where it is not kept here. Throws `RoomError`.
 */
export function eventStanding(
  ctx: RoomsContext,
  origin: ServerName,
  eventId: EventId,
): StoredEvent | undefined {
  const event = ctx.store.getEvent(eventId)
  if (event === undefined) return undefined
  const { roomId, sender } = event.pdu
  if (serverOf(sender) === origin) checkAcl(ctx, origin, roomId)
  else {
    checkInRoom(ctx, origin, roomId, [eventId])
    // What was refused is nobody's history.
    if (event.status === 'rejected' || !canServerSee(ctx, origin, event))
      throw new RoomError(404, 'M_NOT_FOUND', 'This server does not have that event.')
  }
  return event
}
