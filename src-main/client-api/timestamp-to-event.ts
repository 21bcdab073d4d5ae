import { invalidParam, notFound } from '../http/errors.ts'
import { intQuery } from './body.ts'
import { requireReadable, type Register } from './context.ts'
import { roomIdOf } from './ids.ts'

/** GET /rooms/{roomId}/timestamp_to_event: the event nearest to a time, also before what is known here. */
export const registerTimestampToEvent: Register = (app, ctx) => {
  app.get('/_matrix/client/v1/rooms/:roomId/timestamp_to_event', async (c) => {
    const { userId } = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId'))
    requireReadable(ctx, userId, roomId)
    const dir = c.req.query('dir') ?? 'f'
    if (dir !== 'b' && dir !== 'f') throw invalidParam('dir must be b or f')
    if (c.req.query('ts') === undefined) throw invalidParam('ts is missing')
    const ts = intQuery(c, 'ts', 0, 0, Number.MAX_SAFE_INTEGER)
    const best = await ctx.rooms.eventNear({ roomId, ts, dir, user: userId })
    if (best === undefined) throw notFound('There is no event on that side of the time')
    return c.json({ event_id: best.pdu.eventId, origin_server_ts: best.pdu.originServerTs })
  })
}
