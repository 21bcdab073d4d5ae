import { z } from 'zod'
import { readOptionalBody } from './body.ts'
import { requireJoined, type Register } from './context.ts'
import { eventIdOf, roomIdOf, userIdOf } from './ids.ts'
import { rates } from './rate-limit.ts'
import { visibleEvent } from './room-event.ts'

const body = z.looseObject({ reason: z.string().max(1000).optional(), score: z.number().optional() })

/** Reports of events, rooms and users go to the node's log, where its owner finds them. */
export const registerReport: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/rooms/:roomId/report/:eventId', async (c) => {
    const { userId } = ctx.session(c)
    ctx.limiter.take(rates.profile, userId)
    const roomId = roomIdOf(c.req.param('roomId'))
    const { reason } = await readOptionalBody(c, body)
    requireJoined(ctx, userId, roomId)
    const event = visibleEvent(ctx, userId, roomId, eventIdOf(c.req.param('eventId')))
    ctx.log.note('event reported', { by: userId, roomId, event: event.pdu.eventId, reason }, 'warn')
    return c.json({})
  })
  app.post('/_matrix/client/v3/rooms/:roomId/report', async (c) => {
    const { userId } = ctx.session(c)
    ctx.limiter.take(rates.profile, userId)
    const { reason } = await readOptionalBody(c, body)
    ctx.log.note('room reported', { by: userId, roomId: roomIdOf(c.req.param('roomId')), reason }, 'warn')
    return c.json({})
  })
  app.post('/_matrix/client/v3/users/:userId/report', async (c) => {
    const { userId } = ctx.session(c)
    ctx.limiter.take(rates.profile, userId)
    const { reason } = await readOptionalBody(c, body)
    ctx.log.note('user reported', { by: userId, user: userIdOf(c.req.param('userId')), reason }, 'warn')
    return c.json({})
  })
}
