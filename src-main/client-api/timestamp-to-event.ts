import { invalidParam, notFound } from '../http/errors.ts'
import { intQuery } from './body.ts'
import { requireReadable, type Register } from './context.ts'
import { roomIdOf } from './ids.ts'

const PAGE = 500
const MAX_SCAN = 20_000

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
    let best: { event_id: string; origin_server_ts: number } | undefined
    let at: number | undefined
    for (let seen = 0; seen < MAX_SCAN; seen += PAGE) {
      const page = ctx.reader.timeline({ roomId, direction: 'backward', from: at, limit: PAGE })
      for (const event of page) {
        const { eventId, originServerTs } = event.pdu
        const fits = dir === 'f' ? originServerTs >= ts : originServerTs <= ts
        const isNearer =
          best === undefined || Math.abs(originServerTs - ts) < Math.abs(best.origin_server_ts - ts)
        if (fits && isNearer && ctx.rooms.canUserSee(userId, event)) {
          best = { event_id: eventId, origin_server_ts: originServerTs }
        }
      }
      at = page.at(-1)?.timelinePos
      if (page.length < PAGE) break
    }
    if (best === undefined) throw notFound('There is no event on that side of the time')
    return c.json(best)
  })
}
