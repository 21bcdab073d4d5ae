import { z } from 'zod'
import { MatrixError, notFound } from '../http/errors.ts'
import { readBody } from './body.ts'
import { isWorldReadable, requireJoined, type Register } from './context.ts'
import { aliasOf, roomIdOf, serverOf } from './ids.ts'

const putBody = z.looseObject({ room_id: z.string() })

/** GET, PUT and DELETE /directory/room/{roomAlias}; GET /rooms/{roomId}/aliases */
export const registerDirectory: Register = (app, ctx) => {
  const { rooms, reader } = ctx
  const path = '/_matrix/client/v3/directory/room/:roomAlias'

  app.get(path, async (c) => {
    const { roomId, servers } = await rooms.resolveAlias(aliasOf(c.req.param('roomAlias'), 'roomAlias'))
    return c.json({ room_id: roomId, servers })
  })
  app.put(path, async (c) => {
    const { userId } = ctx.session(c)
    const alias = aliasOf(c.req.param('roomAlias'), 'roomAlias')
    const body = await readBody(c, putBody)
    const roomId = roomIdOf(body.room_id)
    if (serverOf(alias) !== ctx.serverName) {
      throw new MatrixError(400, 'M_INVALID_PARAM', `The alias must end with :${ctx.serverName}`)
    }
    if (reader.alias(alias) !== undefined) throw new MatrixError(409, 'M_UNKNOWN', 'This alias is taken')
    requireJoined(ctx, userId, roomId)
    rooms.createAlias(alias, roomId, userId)
    return c.json({})
  })
  app.delete(path, async (c) => {
    const { userId } = ctx.session(c)
    const alias = aliasOf(c.req.param('roomAlias'), 'roomAlias')
    if (reader.alias(alias) === undefined) throw notFound('There is no such alias on this server')
    await rooms.deleteAlias(alias, userId)
    return c.json({})
  })

  app.get('/_matrix/client/v3/rooms/:roomId/aliases', (c) => {
    const { userId } = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId'))
    if (!isWorldReadable(ctx, roomId)) requireJoined(ctx, userId, roomId)
    return c.json({ aliases: reader.aliasesOf(roomId) })
  })
}
