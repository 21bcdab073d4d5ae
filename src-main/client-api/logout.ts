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
  ctx.accounts.transaction(() => {
    for (const deviceId of deviceIds) ctx.accounts.deleteDevice(userId, deviceId)
    ctx.accounts.markDeviceListChanged(userId)
  })
  ctx.notifier.wake(sharingUsers(ctx, userId))
}

/** Local users who share a room with `userId`, and the user. */
export function sharingUsers(ctx: Ctx, userId: UserId): Set<UserId> {
  const users = new Set([userId])
  for (const roomId of ctx.reader.roomsJoinedBy(userId)) {
    for (const user of ctx.reader.joinedLocalUsers(roomId)) users.add(user)
  }
  return users
}
