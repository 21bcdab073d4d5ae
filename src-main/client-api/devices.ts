import { z } from 'zod'
import type { JsonObject } from '../core/types.ts'
import { notFound } from '../http/errors.ts'
import { readBody, readOptionalBody } from './body.ts'
import type { Ctx, Register } from './context.ts'
import { removeDevices } from './logout.ts'
import type { DeviceRecord, Session } from './ports.ts'
import { authData, type AuthData } from './uia.ts'

const renameBody = z.looseObject({ display_name: z.string().max(255).nullish() })
const deleteBody = z.looseObject({ auth: authData.optional() })
const deleteManyBody = z.looseObject({ auth: authData.optional(), devices: z.array(z.string()).max(1000) })

/** GET /devices, GET/PUT/DELETE /devices/{deviceId}, POST /delete_devices */
export const registerDevices: Register = (app, ctx) => {
  const { accounts } = ctx
  app.get('/_matrix/client/v3/devices', (c) => {
    const { userId } = ctx.session(c)
    return c.json({ devices: accounts.devices(userId).map(deviceJson) })
  })
  app.get('/_matrix/client/v3/devices/:deviceId', (c) => {
    const { userId } = ctx.session(c)
    const device = accounts.device(userId, c.req.param('deviceId'))
    if (device === undefined) throw notFound('There is no such device')
    return c.json(deviceJson(device))
  })
  app.put('/_matrix/client/v3/devices/:deviceId', async (c) => {
    const { userId } = ctx.session(c)
    const deviceId = c.req.param('deviceId')
    const body = await readBody(c, renameBody)
    if (accounts.device(userId, deviceId) === undefined) throw notFound('There is no such device')
    if (body.display_name !== undefined) {
      const name = body.display_name ?? undefined
      ctx.keys.changeDevices(userId, [deviceId], () => accounts.renameDevice(userId, deviceId, name))
    }
    return c.json({})
  })
  app.delete('/_matrix/client/v3/devices/:deviceId', async (c) => {
    const session = ctx.session(c)
    const body = await readOptionalBody(c, deleteBody)
    await deleteDevices(ctx, session, [c.req.param('deviceId')], body.auth)
    return c.json({})
  })
  app.post('/_matrix/client/v3/delete_devices', async (c) => {
    const session = ctx.session(c)
    const body = await readBody(c, deleteManyBody)
    await deleteDevices(ctx, session, body.devices, body.auth)
    return c.json({})
  })
}

async function deleteDevices(
  ctx: Ctx,
  { userId }: Session,
  deviceIds: readonly string[],
  auth: AuthData | undefined,
): Promise<void> {
  await ctx.uia.requirePassword('devices', auth, userId)
  removeDevices(ctx, userId, deviceIds)
}

function deviceJson(device: DeviceRecord): JsonObject {
  const json: JsonObject = { device_id: device.deviceId }
  if (device.displayName !== undefined) json['display_name'] = device.displayName
  if (device.lastSeenTs !== undefined) json['last_seen_ts'] = device.lastSeenTs
  if (device.lastSeenIp !== undefined) json['last_seen_ip'] = device.lastSeenIp
  return json
}
