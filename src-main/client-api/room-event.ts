import type { EventId, RoomId, UserId } from '../core/types.ts'
import { notFound } from '../http/errors.ts'
import type { StoredEvent } from '../rooms/ports.ts'
import { bundlingFormatter, type Ctx, type Register } from './context.ts'
import { eventIdOf, roomIdOf } from './ids.ts'

/** GET /rooms/{roomId}/event/{eventId} */
export const registerRoomEvent: Register = (app, ctx) => {
  app.get('/_matrix/client/v3/rooms/:roomId/event/:eventId', (c) => {
    const session = ctx.session(c)
    const event = visibleEvent(
      ctx,
      session.userId,
      roomIdOf(c.req.param('roomId')),
      eventIdOf(c.req.param('eventId')),
    )
    return c.json(bundlingFormatter(ctx, session).format(event))
  })
}

/** The event, if it is accepted, of this room, and this user may see it; else M_NOT_FOUND. */
export function visibleEvent(ctx: Ctx, userId: UserId, roomId: RoomId, eventId: EventId): StoredEvent {
  const event = ctx.reader.getEvent(eventId)
  const isHere = event !== undefined && event.pdu.roomId === roomId && event.status === 'accepted'
  if (!isHere || !ctx.rooms.canUserSee(userId, event)) {
    throw notFound('There is no such event, or you may not see it')
  }
  return event
}
