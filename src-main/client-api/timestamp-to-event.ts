import { invalidParam, notFound } from '../http/errors.ts'
import { intQuery } from './body.ts'
import { requireReadable, type Register } from './context.ts'
import { roomIdOf } from './ids.ts'

/** Events that the user may not see lie in between where they were not in the room. */
const MAX_LOOKED_AT = 5_000

/** GET /rooms/{roomId}/timestamp_to_event: the event nearest to a time, among those known here. */
export const registerTimestampToEvent: Register = (app, ctx) => {
  app.get('/_matrix/client/v1/rooms/:roomId/timestamp_to_event', (c) => {
    const { userId } = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId'))
    requireReadable(ctx, userId, roomId)
    const dir = c.req.query('dir') ?? 'f'
    if (dir !== 'b' && dir !== 'f') throw invalidParam('dir must be b or f')
    if (c.req.query('ts') === undefined) throw invalidParam('ts is missing')
    const ts = intQuery(c, 'ts', 0, 0, Number.MAX_SAFE_INTEGER)
    const best = ctx.reader
      .eventsNear(roomId, ts, dir, MAX_LOOKED_AT)
      .find((event) => ctx.rooms.canUserSee(userId, event))
    if (best === undefined) throw notFound('There is no event on that side of the time')
    return c.json({ event_id: best.pdu.eventId, origin_server_ts: best.pdu.originServerTs })
  })
}
