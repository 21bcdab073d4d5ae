import { z } from 'zod'
import { readBody } from './body.ts'
import { requireJoined, requireSelf, type Register } from './context.ts'
import { roomIdOf } from './ids.ts'

const body = z.looseObject({ typing: z.boolean(), timeout: z.number().int().positive().optional() })
const DEFAULT_MS = 30_000
const MAX_MS = 120_000

/** PUT /rooms/{roomId}/typing/{userId} */
export const registerTyping: Register = (app, ctx) => {
  app.put('/_matrix/client/v3/rooms/:roomId/typing/:userId', async (c) => {
    const user = requireSelf(ctx.session(c), c.req.param('userId'))
    const roomId = roomIdOf(c.req.param('roomId'))
    const { typing, timeout } = await readBody(c, body)
    requireJoined(ctx, user, roomId)
    ctx.rooms.setTyping(user, roomId, typing, Math.min(timeout ?? DEFAULT_MS, MAX_MS))
    return c.json({})
  })
}
