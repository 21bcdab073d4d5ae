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
const deactivateBody = z.looseObject({
  auth: authData.optional(),
  erase: z.boolean().optional(),
  /** Of this server alone: what the user said is redacted for everybody before they leave. */
  'hearth.redact': z.boolean().optional(),
})

/** POST /account/password and /account/deactivate */
export const registerAccountPassword: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/account/password', async (c) => {
    const { userId, deviceId } = ctx.session(c)
    const body = await readOptionalBody(c, passwordBody)
    await ctx.uia.requirePassword('password', body.auth, userId)
    ctx.accounts.setPasswordHash(userId, await hashPassword(body.new_password))
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
    await ctx.uia.requirePassword('deactivate', body.auth, userId)
    // Before the rooms are left: who is in them learns that the devices are gone.
    removeDevices(
      ctx,
      userId,
      ctx.accounts.devices(userId).map((device) => device.deviceId),
    )
    // At once and for good; leaving takes its time, and survives a crash.
    ctx.accounts.transaction(() => {
      ctx.rooms.removeAllRooms(userId, body['hearth.redact'] === true)
      ctx.accounts.deactivate(userId, body.erase === true)
    })
    await ctx.rooms.resumeRemovals()
    return c.json({ id_server_unbind_result: 'no-support' })
  })
}
