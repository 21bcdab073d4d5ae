import { z } from 'zod'
import { readOptionalBody } from '../body.ts'
import type { Register } from '../context.ts'
import { roomIdOf } from '../ids.ts'
import { rates } from '../rate-limit.ts'

const deleteBody = z.looseObject({ redact: z.boolean().optional() })

/**
 * POST /_hearth/v1/rooms/{roomId}/delete, for everybody: leaves the room (or rejects the invite) for good, before
 * that redacts with `redact` what one said there, and takes the room from this node where nobody else has it.
 * `left` is false while there is more to redact than can be waited for; it goes on, over restarts too.
 */
export const registerDeleteRoom: Register = (app, ctx) => {
  app.post('/_hearth/v1/rooms/:roomId/delete', async (c) => {
    const { userId } = ctx.session(c)
    ctx.limiter.take(rates.membership, userId)
    const roomId = roomIdOf(c.req.param('roomId'))
    const { redact } = await readOptionalBody(c, deleteBody)
    return c.json({ left: await ctx.rooms.removeRoom({ userId, roomId, redact: redact === true }) })
  })
}
