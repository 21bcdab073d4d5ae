import type { Context } from 'hono'
import { z } from 'zod'
import type { JsonObject, RoomAlias, RoomId, ServerName } from '../core/types.ts'
import { asServerName } from '../core/ids.ts'
import { MatrixError, noIdentityServer } from '../http/errors.ts'
import { readBody, readOptionalBody } from './body.ts'
import type { Ctx, Register } from './context.ts'
import { followUpgrade } from './follow-upgrade.ts'
import { aliasOf, roomIdOf, userIdOf } from './ids.ts'
import { rates } from './rate-limit.ts'

const reasonBody = z.looseObject({ reason: z.string().max(4096).optional() })
const targetBody = z.looseObject({ user_id: z.string(), reason: z.string().max(4096).optional() })

/** Joining, knocking, inviting, leaving, forgetting, kicking, banning and unbanning. */
export const registerMembership: Register = (app, ctx) => {
  const { rooms } = ctx

  const join = async (c: Context, room: RoomId | RoomAlias, withVia: boolean): Promise<Response> => {
    const { userId } = ctx.session(c)
    ctx.limiter.take(rates.membership, userId)
    const { reason } = await readOptionalBody(c, reasonBody)
    const via = withVia ? viaOf(c) : []
    const roomId = await rooms.joinRoom({ user: userId, room, via, reason })
    followUpgrade(ctx, userId, roomId)
    return c.json({ room_id: roomId })
  }
  app.post('/_matrix/client/v3/join/:room', (c) => join(c, roomOrAlias(c.req.param('room')), true))
  app.post('/_matrix/client/v3/rooms/:roomId/join', (c) => join(c, roomIdOf(c.req.param('roomId')), true))

  app.post('/_matrix/client/v3/knock/:room', async (c) => {
    const { userId } = ctx.session(c)
    ctx.limiter.take(rates.membership, userId)
    const { reason } = await readOptionalBody(c, reasonBody)
    const room = roomOrAlias(c.req.param('room'))
    return c.json({ room_id: await rooms.knockRoom({ user: userId, room, via: viaOf(c), reason }) })
  })

  app.post('/_matrix/client/v3/rooms/:roomId/invite', async (c) => {
    const { userId } = ctx.session(c)
    ctx.limiter.take(rates.membership, userId)
    const body = await readBody(c, targetBody.partial())
    if (body.user_id === undefined) {
      if ('medium' in body) {
        throw noIdentityServer()
      }
      throw new MatrixError(400, 'M_MISSING_PARAM', '`user_id` is missing')
    }
    await rooms.inviteUser({
      roomId: roomIdOf(c.req.param('roomId')),
      sender: userId,
      target: userIdOf(body.user_id),
      reason: body.reason,
    })
    return c.json({})
  })

  app.post('/_matrix/client/v3/rooms/:roomId/leave', async (c) => {
    const { userId } = ctx.session(c)
    const { reason } = await readOptionalBody(c, reasonBody)
    await rooms.leaveRoom({ user: userId, roomId: roomIdOf(c.req.param('roomId')), reason })
    return c.json({})
  })

  app.post('/_matrix/client/v3/rooms/:roomId/forget', (c) => {
    const { userId } = ctx.session(c)
    rooms.forgetRoom(userId, roomIdOf(c.req.param('roomId')))
    return c.json({})
  })

  for (const [verb, action] of actionsOf(ctx)) {
    app.post(`/_matrix/client/v3/rooms/:roomId/${verb}`, async (c) => {
      const { userId } = ctx.session(c)
      ctx.limiter.take(rates.membership, userId)
      const body = await readBody(c, targetBody)
      await action({
        roomId: roomIdOf(c.req.param('roomId') ?? ''),
        sender: userId,
        target: userIdOf(body.user_id),
        reason: body.reason,
      })
      return c.json({} satisfies JsonObject)
    })
  }
}

const actionsOf = ({ rooms }: Ctx) =>
  [
    ['kick', (args: Parameters<typeof rooms.kickUser>[0]) => rooms.kickUser(args)],
    ['ban', (args: Parameters<typeof rooms.banUser>[0]) => rooms.banUser(args)],
    ['unban', (args: Parameters<typeof rooms.unbanUser>[0]) => rooms.unbanUser(args)],
  ] as const

export function roomOrAlias(value: string): RoomId | RoomAlias {
  return value.startsWith('#') ? aliasOf(value, 'roomIdOrAlias') : roomIdOf(value, 'roomIdOrAlias')
}

/** `via`, and its older name `server_name`; names that are none are left out. */
export function viaOf(c: Context): ServerName[] {
  const names = [...(c.req.queries('via') ?? []), ...(c.req.queries('server_name') ?? [])]
  return [...new Set(names.flatMap((name) => asServerName(name) ?? []))].slice(0, 20)
}
