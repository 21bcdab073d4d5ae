import type { UserId } from '../core/types.ts'
import type { Ctx, Register } from './context.ts'

/** POST /logout and /logout/all */
export const registerLogout: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/logout', (c) => {
    const { userId, deviceId } = ctx.session(c)
    removeDevices(ctx, userId, [deviceId])
    return c.json({})
  })
  app.post('/_matrix/client/v3/logout/all', (c) => {
    const { userId } = ctx.session(c)
    removeDevices(
      ctx,
      userId,
      ctx.accounts.devices(userId).map((device) => device.deviceId),
    )
    return c.json({})
  })
}

/** Ends the sessions of these devices; others learn that they are gone. */
export function removeDevices(ctx: Ctx, userId: UserId, deviceIds: readonly string[]): void {
  ctx.keys.changeDevices(userId, deviceIds, () => {
    for (const deviceId of deviceIds) ctx.accounts.deleteDevice(userId, deviceId)
  })
}
