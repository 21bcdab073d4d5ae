import { z } from 'zod'
import type { JsonObject, RoomId, UserId } from '../core/types.ts'
import { readOptionalBody } from './body.ts'
import { requireSelf, type Ctx, type Register } from './context.ts'
import { roomIdOf } from './ids.ts'

const tagBody = z.looseObject({ order: z.number().min(0).max(1).optional() })

/** GET /user/{userId}/rooms/{roomId}/tags, PUT and DELETE of one tag. */
export const registerTags: Register = (app, ctx) => {
  const path = '/_matrix/client/v3/user/:userId/rooms/:roomId/tags'
  app.get(path, (c) => {
    const user = requireSelf(ctx.session(c), c.req.param('userId'))
    return c.json({ tags: tagsOf(ctx, user, roomIdOf(c.req.param('roomId'))) })
  })
  app.put(`${path}/:tag`, async (c) => {
    const user = requireSelf(ctx.session(c), c.req.param('userId'))
    const roomId = roomIdOf(c.req.param('roomId'))
    const tag = (await readOptionalBody(c, tagBody)) as JsonObject
    save(ctx, user, roomId, { ...tagsOf(ctx, user, roomId), [c.req.param('tag')]: tag })
    return c.json({})
  })
  app.delete(`${path}/:tag`, (c) => {
    const user = requireSelf(ctx.session(c), c.req.param('userId'))
    const roomId = roomIdOf(c.req.param('roomId'))
    const { [c.req.param('tag')]: _removed, ...tags } = tagsOf(ctx, user, roomId)
    save(ctx, user, roomId, tags)
    return c.json({})
  })
}

function tagsOf(ctx: Ctx, user: UserId, roomId: RoomId): JsonObject {
  const tags = ctx.accounts.accountData(user, roomId, 'm.tag')?.['tags']
  return typeof tags === 'object' && tags !== null && !Array.isArray(tags) ? tags : {}
}

function save(ctx: Ctx, user: UserId, roomId: RoomId, tags: JsonObject): void {
  ctx.accounts.putAccountData(user, roomId, 'm.tag', { tags })
  ctx.notifier.wake([user])
}
