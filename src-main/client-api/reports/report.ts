import type { UserId } from '../../core/types.ts'
import { z } from 'zod'
import { readOptionalBody } from '../body.ts'
import { requireJoined, type Ctx, type Register } from '../context.ts'
import { eventIdOf, roomIdOf, userIdOf } from '../ids.ts'
import { rates } from '../rate-limit.ts'
import { visibleEvent } from '../room-event.ts'
import { announceReports } from './announce.ts'
import type { NewReport } from './ports.ts'

const body = z.looseObject({ reason: z.string().max(1000).optional(), score: z.number().optional() })

/**
 * Client-Server API, "Reporting content": POST …/report of events, rooms and users. They wait on disk for the owner
 * of this node. Who is told whether there is such a room or person learns what is no business of theirs; so nobody is.
 */
export const registerReport: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/rooms/:roomId/report/:eventId', async (c) => {
    const { userId: reporter } = ctx.session(c)
    ctx.limiter.take(rates.report, reporter)
    const roomId = roomIdOf(c.req.param('roomId'))
    const { reason } = await readOptionalBody(c, body)
    requireJoined(ctx, reporter, roomId)
    const { pdu } = visibleEvent(ctx, reporter, roomId, eventIdOf(c.req.param('eventId')))
    keep(ctx, { reporter, roomId, eventId: pdu.eventId, userId: pdu.sender as UserId, reason })
    return c.json({})
  })
  app.post('/_matrix/client/v3/rooms/:roomId/report', async (c) => {
    const { userId: reporter } = ctx.session(c)
    ctx.limiter.take(rates.report, reporter)
    const { reason } = await readOptionalBody(c, body)
    keep(ctx, { reporter, roomId: roomIdOf(c.req.param('roomId')), reason })
    return c.json({})
  })
  app.post('/_matrix/client/v3/users/:userId/report', async (c) => {
    const { userId: reporter } = ctx.session(c)
    ctx.limiter.take(rates.report, reporter)
    const { reason } = await readOptionalBody(c, body)
    keep(ctx, { reporter, userId: userIdOf(c.req.param('userId')), reason })
    return c.json({})
  })
}

function keep(ctx: Ctx, report: NewReport): void {
  const { gone } = ctx.accounts.transaction(() => {
    const added = ctx.accounts.addReport(report)
    announceReports(ctx)
    return added
  })
  ctx.notifier.wake([ctx.owner])
  ctx.log.note('something was reported', { user: report.reporter }, 'warn')
  if (gone > 0) ctx.log.note('the oldest reports were given up for new ones', { reports: gone }, 'warn')
}
