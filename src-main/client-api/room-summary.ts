import type { Context } from 'hono'
import type { Register } from './context.ts'
import { roomOrAlias, viaOf } from './membership.ts'
import { rates } from './rate-limit.ts'

/** GET /room_summary/{roomIdOrAlias}: of a room here or anywhere, before one joins it. */
export const registerRoomSummary: Register = (app, ctx) => {
  const summary = async (c: Context): Promise<Response> => {
    const { userId } = ctx.session(c)
    ctx.limiter.take(rates.lookup, userId)
    const room = roomOrAlias(c.req.param('room') ?? '')
    return c.json(await ctx.rooms.finding.summary({ user: userId, room, via: viaOf(c) }))
  }
  app.get('/_matrix/client/v1/room_summary/:room', summary)
  app.get('/_matrix/client/unstable/im.nheko.summary/summary/:room', summary)
  app.get('/_matrix/client/unstable/im.nheko.summary/rooms/:room/summary', summary)
}
