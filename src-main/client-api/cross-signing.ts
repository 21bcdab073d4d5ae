import { z } from 'zod'
import type { Json, JsonObject, UserId } from '../core/types.ts'
import { badJson, MatrixError } from '../http/errors.ts'
import { jsonObject, KEYS_BODY_LIMIT, readBody } from './body.ts'
import type { Ctx, Register } from './context.ts'
import { userIdOf } from './ids.ts'
import { sharingUsers } from './logout.ts'
import type { CrossSigningUsage } from './ports.ts'
import { authData } from './uia.ts'

const crossKey = z.looseObject({ user_id: z.string(), usage: z.array(z.string()), keys: jsonObject })
const uploadBody = z.looseObject({
  auth: authData.optional(),
  master_key: crossKey.optional(),
  self_signing_key: crossKey.optional(),
  user_signing_key: crossKey.optional(),
})
const signaturesBody = z.record(z.string(), z.record(z.string(), jsonObject))

const usages = ['master', 'self_signing', 'user_signing'] as const

/** POST /keys/device_signing/upload, POST /keys/signatures/upload */
export const registerCrossSigning: Register = (app, ctx) => {
  const { accounts } = ctx
  app.post('/_matrix/client/v3/keys/device_signing/upload', async (c) => {
    const { userId } = ctx.session(c)
    const body = await readBody(c, uploadBody, KEYS_BODY_LIMIT)
    // The first upload needs no password (v1.11): a new account sets itself up without asking twice.
    const hasKeys = accounts.crossSigningKey(userId, 'master') !== undefined
    if (hasKeys) await ctx.uia.requirePassword('cross-signing', body.auth, userId)
    accounts.transaction(() => {
      for (const usage of usages) {
        const key = body[`${usage}_key`]
        if (key === undefined) continue
        if (key.user_id !== userId || !key.usage.includes(usage)) {
          throw badJson(`\`${usage}_key\` must name your own user and its usage`)
        }
        accounts.putCrossSigningKey(userId, usage, key as JsonObject)
      }
      accounts.markDeviceListChanged(userId)
    })
    ctx.notifier.wake(sharingUsers(ctx, userId))
    return c.json({})
  })

  app.post('/_matrix/client/v3/keys/signatures/upload', async (c) => {
    const { userId } = ctx.session(c)
    const body = await readBody(c, signaturesBody, KEYS_BODY_LIMIT)
    const failures: { [user: string]: JsonObject } = {}
    accounts.transaction(() => {
      for (const [id, objects] of Object.entries(body)) {
        const user = userIdOf(id, 'user id')
        for (const [keyId, signed] of Object.entries(objects)) {
          if (addSignatures(ctx, userId, user, keyId, signed)) accounts.markDeviceListChanged(user)
          else {
            const error = new MatrixError(404, 'M_NOT_FOUND', 'There is no such key to sign')
            ;(failures[user] ??= {})[keyId] = { errcode: error.errcode, error: error.message }
          }
        }
      }
    })
    ctx.notifier.wake(sharingUsers(ctx, userId))
    return c.json({ failures })
  })
}

/** Adds `signer`'s signatures to the stored key; a user signs own devices, and others' master keys. */
function addSignatures(ctx: Ctx, signer: UserId, user: UserId, keyId: string, signed: JsonObject): boolean {
  const { accounts } = ctx
  const added = objectOf(objectOf(signed['signatures'])[signer])
  const merge = (key: JsonObject): JsonObject => {
    const signatures = objectOf(key['signatures'])
    return { ...key, signatures: { ...signatures, [signer]: { ...objectOf(signatures[signer]), ...added } } }
  }
  const device = signer === user ? accounts.deviceKeys(user).get(keyId) : undefined
  if (device !== undefined) {
    accounts.putDeviceKeys(user, keyId, merge(device))
    return true
  }
  const targets: readonly CrossSigningUsage[] = signer === user ? usages : ['master']
  for (const usage of targets) {
    const key = accounts.crossSigningKey(user, usage)
    if (key === undefined || !Object.keys(objectOf(key['keys'])).some((id) => id.endsWith(`:${keyId}`)))
      continue
    accounts.putCrossSigningKey(user, usage, merge(key))
    return true
  }
  return false
}

const objectOf = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
