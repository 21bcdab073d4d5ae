import { z } from 'zod'
import { readBody } from './body.ts'
import type { Register } from './context.ts'
import { followUpgrade } from './follow-upgrade.ts'
import { roomIdOf } from './ids.ts'
import { rates } from './rate-limit.ts'

const body = z.looseObject({
  new_version: z.string(),
  additional_creators: z.array(z.string()).max(100).optional(),
})

/** POST /rooms/{roomId}/upgrade */
export const registerUpgrade: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/rooms/:roomId/upgrade', async (c) => {
    const { userId } = ctx.session(c)
    ctx.limiter.take(rates.createRoom, userId)
    const roomId = roomIdOf(c.req.param('roomId'))
    const { new_version: version, additional_creators: additionalCreators = [] } = await readBody(c, body)
    const replacement = await ctx.rooms.upgradeRoom({ user: userId, roomId, version, additionalCreators })
    followUpgrade(ctx, userId, replacement)
    return c.json({ replacement_room: replacement })
  })
}
