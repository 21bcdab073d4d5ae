import { z } from 'zod'
import type { JsonObject, UserId } from '../core/types.ts'
import { badJson, invalidParam, MatrixError } from '../http/errors.ts'
import { jsonObject, KEYS_BODY_LIMIT, readBody } from './body.ts'
import type { Ctx, Register } from './context.ts'
import { serverOf, userIdOf } from './ids.ts'
import { sharingUsers } from './logout.ts'
import type { CrossSigningUsage } from './ports.ts'
import { parseSyncToken } from './tokens.ts'

const keyMap = z.record(z.string().max(255), z.union([z.string(), jsonObject]))
const uploadBody = z.looseObject({
  device_keys: jsonObject.optional(),
  one_time_keys: keyMap.optional(),
  fallback_keys: keyMap.optional(),
})
const queryBody = z.looseObject({ device_keys: z.record(z.string(), z.array(z.string())) })
const claimBody = z.looseObject({ one_time_keys: z.record(z.string(), z.record(z.string(), z.string())) })

/** POST /keys/upload, /keys/query, /keys/claim; GET /keys/changes. Keys of this server's users. */
export const registerKeys: Register = (app, ctx) => {
  const { accounts } = ctx

  app.post('/_matrix/client/v3/keys/upload', async (c) => {
    const { userId, deviceId } = ctx.session(c)
    const body = await readBody(c, uploadBody, KEYS_BODY_LIMIT)
    const keys = body.device_keys
    if (keys !== undefined && (keys['user_id'] !== userId || keys['device_id'] !== deviceId)) {
      throw badJson('`device_keys` must name your own user and device')
    }
    const stored = accounts.transaction(() => {
      if (body.one_time_keys !== undefined) {
        const isNew = accounts.putOneTimeKeys(userId, deviceId, new Map(Object.entries(body.one_time_keys)))
        if (!isNew) return false
      }
      if (body.fallback_keys !== undefined) {
        accounts.putFallbackKeys(userId, deviceId, new Map(Object.entries(body.fallback_keys)))
      }
      const known = keys === undefined ? undefined : accounts.deviceKeys(userId).get(deviceId)
      if (keys !== undefined && JSON.stringify(known) !== JSON.stringify(keys)) {
        accounts.putDeviceKeys(userId, deviceId, keys)
        accounts.markDeviceListChanged(userId)
      }
      return true
    })
    if (!stored) throw new MatrixError(400, 'M_UNKNOWN', 'A one-time key with this id is there already')
    ctx.notifier.wake(sharingUsers(ctx, userId))
    return c.json({ one_time_key_counts: countsOf(ctx, userId, deviceId) })
  })

  app.post('/_matrix/client/v3/keys/query', async (c) => {
    const { userId } = ctx.session(c)
    const body = await readBody(c, queryBody, KEYS_BODY_LIMIT)
    const deviceKeys: JsonObject = {}
    const failures: JsonObject = {}
    const cross: Record<CrossSigningUsage, JsonObject> = { master: {}, self_signing: {}, user_signing: {} }
    for (const [id, wanted] of Object.entries(body.device_keys)) {
      const user = userIdOf(id, 'device_keys')
      if (!ctx.isLocal(user)) {
        failures[serverOf(user)] = notYet
        continue
      }
      deviceKeys[user] = devicesOf(ctx, user, wanted)
      for (const usage of ['master', 'self_signing', 'user_signing'] as const) {
        // The user-signing key says whom a user verified: for their own eyes only.
        if (usage === 'user_signing' && user !== userId) continue
        const key = accounts.crossSigningKey(user, usage)
        if (key !== undefined) cross[usage][user] = key
      }
    }
    return c.json({
      device_keys: deviceKeys,
      failures,
      master_keys: cross.master,
      self_signing_keys: cross.self_signing,
      user_signing_keys: cross.user_signing,
    })
  })

  app.post('/_matrix/client/v3/keys/claim', async (c) => {
    ctx.session(c)
    const body = await readBody(c, claimBody, KEYS_BODY_LIMIT)
    const claimed: JsonObject = {}
    const failures: JsonObject = {}
    for (const [id, devices] of Object.entries(body.one_time_keys)) {
      const user = userIdOf(id, 'one_time_keys')
      if (!ctx.isLocal(user)) {
        failures[serverOf(user)] = notYet
        continue
      }
      const ofUser: JsonObject = {}
      for (const [deviceId, algorithm] of Object.entries(devices)) {
        const key = accounts.claimKey(user, deviceId, algorithm)
        if (key !== undefined) ofUser[deviceId] = { [key.keyId]: key.key }
      }
      claimed[user] = ofUser
    }
    return c.json({ one_time_keys: claimed, failures })
  })

  app.get('/_matrix/client/v3/keys/changes', (c) => {
    const { userId } = ctx.session(c)
    const from = c.req.query('from')
    const to = c.req.query('to')
    if (from === undefined || to === undefined) throw invalidParam('from and to are needed')
    const near = sharingUsers(ctx, userId)
    const changes = accounts.deviceListChanges(parseSyncToken(from).account, parseSyncToken(to).account)
    return c.json({ changed: changes.filter((user) => near.has(user)), left: [] })
  })
}

const notYet: JsonObject = { errcode: 'M_UNKNOWN', error: 'Keys of other servers are not supported yet' }

function countsOf(ctx: Ctx, userId: UserId, deviceId: string): Record<string, number> {
  return { signed_curve25519: 0, ...ctx.accounts.oneTimeKeyCounts(userId, deviceId) }
}

function devicesOf(ctx: Ctx, user: UserId, wanted: readonly string[]): JsonObject {
  const json: JsonObject = {}
  for (const [deviceId, keys] of ctx.accounts.deviceKeys(user)) {
    if (wanted.length > 0 && !wanted.includes(deviceId)) continue
    const name = ctx.accounts.device(user, deviceId)?.displayName
    json[deviceId] = { ...keys, unsigned: name === undefined ? {} : { device_display_name: name } }
  }
  return json
}
