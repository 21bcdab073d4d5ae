import { z } from 'zod'
import { readOptionalBody } from './body.ts'
import type { Register } from './context.ts'
import { removeDevices } from './logout.ts'
import { hashPassword } from './password.ts'
import { authData } from './uia.ts'

const passwordBody = z.looseObject({
  auth: authData.optional(),
  new_password: z.string().min(1).max(4096),
  logout_devices: z.boolean().optional(),
})
const deactivateBody = z.looseObject({ auth: authData.optional(), erase: z.boolean().optional() })

/** POST /account/password and /account/deactivate */
export const registerAccountPassword: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/account/password', async (c) => {
    const { userId, deviceId } = ctx.session(c)
    const body = await readOptionalBody(c, passwordBody)
    // The owner's account starts without a password; its session is proof enough for the first one.
    const hasPassword = ctx.accounts.passwordHash(userId) !== undefined
    const { session } = await ctx.uia.require(
      [hasPassword ? 'm.login.password' : 'm.login.dummy'],
      `password ${userId}`,
      body.auth ?? (hasPassword ? undefined : { type: 'm.login.dummy' }),
      userId,
    )
    ctx.accounts.setPasswordHash(userId, await hashPassword(body.new_password))
    ctx.uia.finish(session)
    if (body.logout_devices !== false) {
      const others = ctx.accounts.devices(userId).filter((device) => device.deviceId !== deviceId)
      if (others.length > 0)
        removeDevices(
          ctx,
          userId,
          others.map((device) => device.deviceId),
        )
    }
    return c.json({})
  })

  app.post('/_matrix/client/v3/account/deactivate', async (c) => {
    const { userId } = ctx.session(c)
    const body = await readOptionalBody(c, deactivateBody)
    const { session } = await ctx.uia.require(['m.login.password'], `deactivate ${userId}`, body.auth, userId)
    ctx.uia.finish(session)
    for (const roomId of ctx.reader.roomsJoinedBy(userId)) await ctx.rooms.leaveRoom({ user: userId, roomId })
    ctx.accounts.deactivate(userId)
    return c.json({ id_server_unbind_result: 'no-support' })
  })
}
