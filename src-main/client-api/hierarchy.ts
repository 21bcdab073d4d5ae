import type { JsonObject } from '../core/types.ts'
import { intQuery } from './body.ts'
import type { Register } from './context.ts'
import { roomIdOf } from './ids.ts'
import { viaOf } from './membership.ts'
import { rates } from './rate-limit.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 100

/** GET /rooms/{roomId}/hierarchy: the rooms of a space, over all servers. */
export const registerHierarchy: Register = (app, ctx) => {
  app.get('/_matrix/client/v1/rooms/:roomId/hierarchy', async (c) => {
    const { userId } = ctx.session(c)
    ctx.limiter.take(rates.lookup, userId)
    const depth = c.req.query('max_depth')
    const { rooms, nextBatch } = await ctx.rooms.finding.hierarchy({
      user: userId,
      roomId: roomIdOf(c.req.param('roomId')),
      via: viaOf(c),
      suggestedOnly: c.req.query('suggested_only') === 'true',
      maxDepth: depth === undefined || depth === '' ? undefined : intQuery(c, 'max_depth', 0, 0, 1_000),
      limit: intQuery(c, 'limit', DEFAULT_LIMIT, 1, MAX_LIMIT),
      from: c.req.query('from'),
    })
    const json: JsonObject = { rooms }
    if (nextBatch !== undefined) json['next_batch'] = nextBatch
    return c.json(json)
  })
}
