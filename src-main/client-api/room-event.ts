import type { EventId, RoomId, UserId } from '../core/types.ts'
import { notFound } from '../http/errors.ts'
import type { StoredEvent } from '../rooms/ports.ts'
import { bundlingFormatter, type Ctx, type Register } from './context.ts'
import { eventIdOf, roomIdOf } from './ids.ts'

/** GET /rooms/{roomId}/event/{eventId}; what is not here is asked for at the room's other servers. */
export const registerRoomEvent: Register = (app, ctx) => {
  app.get('/_matrix/client/v3/rooms/:roomId/event/:eventId', async (c) => {
    const session = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId'))
    const eventId = eventIdOf(c.req.param('eventId'))
    await fetchIfJoined(ctx, session.userId, roomId, eventId, 'fetchEvent')
    const event = visibleEvent(ctx, session.userId, roomId, eventId)
    return c.json(bundlingFormatter(ctx, session).format(event))
  })
}

/** Who is in the room may refer to any event of it; others ask nobody through this server. */
export async function fetchIfJoined(
  ctx: Ctx,
  userId: UserId,
  roomId: RoomId,
  eventId: EventId,
  how: 'fetchEvent' | 'fetchIntoTimeline',
): Promise<void> {
  const known = ctx.reader.getEvent(eventId)
  if (known !== undefined && (how === 'fetchEvent' || known.status !== 'outlier')) return
  if (ctx.reader.localMembership(userId, roomId)?.membership !== 'join') return
  await ctx.rooms[how](roomId, eventId)
}

/** The event, if it was not refused, is of this room, and this user may see it; else M_NOT_FOUND. */
export function visibleEvent(ctx: Ctx, userId: UserId, roomId: RoomId, eventId: EventId): StoredEvent {
  const event = ctx.reader.getEvent(eventId)
  const isHere = event?.pdu.roomId === roomId && (event.status === 'accepted' || event.status === 'outlier')
  if (event === undefined || !isHere || !ctx.rooms.canUserSee(userId, event)) {
    throw notFound('There is no such event, or you may not see it')
  }
  return event
}
