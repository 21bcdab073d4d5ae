import type { JsonObject, RoomId, UserId } from '../core/types.ts'
import { badJson, MatrixError, notFound } from '../http/errors.ts'
import { jsonObject, readBody } from './body.ts'
import { requireSelf, type Ctx, type Register } from './context.ts'
import { roomIdOf } from './ids.ts'
import { REPORTS } from './reports/announce.ts'

/** These have endpoints of their own. */
const serverManaged = new Set(['m.fully_read', 'm.push_rules', REPORTS])
const LIMIT = 1024 * 1024

/** GET and PUT of /user/{userId}/account_data/{type}, global and of a room. */
export const registerAccountData: Register = (app, ctx) => {
  const global = '/_matrix/client/v3/user/:userId/account_data/:type'
  const ofRoom = '/_matrix/client/v3/user/:userId/rooms/:roomId/account_data/:type'

  app.put(global, async (c) => {
    const user = requireSelf(ctx.session(c), c.req.param('userId'))
    put(ctx, user, undefined, c.req.param('type'), await readBody(c, jsonObject, LIMIT))
    return c.json({})
  })
  app.get(global, (c) => {
    const user = requireSelf(ctx.session(c), c.req.param('userId'))
    return c.json(get(ctx, user, undefined, c.req.param('type')))
  })
  app.put(ofRoom, async (c) => {
    const user = requireSelf(ctx.session(c), c.req.param('userId'))
    const roomId = roomIdOf(c.req.param('roomId'))
    put(ctx, user, roomId, c.req.param('type'), await readBody(c, jsonObject, LIMIT))
    return c.json({})
  })
  app.get(ofRoom, (c) => {
    const user = requireSelf(ctx.session(c), c.req.param('userId'))
    return c.json(get(ctx, user, roomIdOf(c.req.param('roomId')), c.req.param('type')))
  })
}

function put(ctx: Ctx, user: UserId, roomId: RoomId | undefined, type: string, content: JsonObject): void {
  if (type.length > 255) throw badJson('The type is too long')
  if (serverManaged.has(type)) {
    throw new MatrixError(405, 'M_BAD_JSON', `${type} is changed through its own endpoint`)
  }
  ctx.accounts.putAccountData(user, roomId, type, content)
  ctx.notifier.wake([user])
}

function get(ctx: Ctx, user: UserId, roomId: RoomId | undefined, type: string): JsonObject {
  if (roomId === undefined && type === 'm.push_rules') return ctx.pushRules.content(user)
  const content = ctx.accounts.accountData(user, roomId, type)
  if (content === undefined) throw notFound('There is no such account data')
  return content
}
