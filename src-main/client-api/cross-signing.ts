import { z } from 'zod'
import { verifyJsonSignature } from '../core/signatures.ts'
import type { JsonObject, UserId } from '../core/types.ts'
import { badJson, forbidden, MatrixError } from '../http/errors.ts'
import { jsonObject, KEYS_BODY_LIMIT, readBody } from './body.ts'
import type { Ctx, Register } from './context.ts'
import type { CrossSigningUsage } from './ports.ts'
import { isSame } from './signed-keys.ts'
import { uploadSignatures } from './key-signatures.ts'
import { authData } from './uia.ts'

const crossKey = z.looseObject({
  user_id: z.string(),
  usage: z.array(z.string()),
  keys: z
    .record(z.string().startsWith('ed25519:').max(255), z.string().max(255))
    .refine((keys) => Object.keys(keys).length === 1, 'must hold one key'),
  signatures: z.record(z.string(), z.record(z.string(), z.string())).optional(),
})
const uploadBody = z.looseObject({
  auth: authData.optional(),
  master_key: crossKey.optional(),
  self_signing_key: crossKey.optional(),
  user_signing_key: crossKey.optional(),
})
const signaturesBody = z.record(z.string(), z.record(z.string(), jsonObject))
const MAX_KEY_LENGTH = 64 * 1024

const usages = ['master', 'self_signing', 'user_signing'] as const
type SigningKeys = Partial<Record<CrossSigningUsage, JsonObject>>

/** POST /keys/device_signing/upload, POST /keys/signatures/upload (Client-Server API, "Cross-signing"). */
export const registerCrossSigning: Register = (app, ctx) => {
  const { accounts } = ctx
  app.post('/_matrix/client/v3/keys/device_signing/upload', async (c) => {
    const { userId } = ctx.session(c)
    const body = await readBody(c, uploadBody, KEYS_BODY_LIMIT)
    const uploaded: SigningKeys = {}
    for (const usage of usages) {
      const key = body[`${usage}_key`] as JsonObject | undefined
      if (key !== undefined) uploaded[usage] = key
    }
    checkKeys(ctx, userId, uploaded)
    // The first upload needs no password, and neither do the same keys again: an answer may have been lost.
    const known = usages.every((usage) => {
      const before = accounts.crossSigningKey(userId, usage)
      const now = uploaded[usage]
      return now === undefined || (before !== undefined && isSame(keyIn(before), keyIn(now)))
    })
    const isFirst = accounts.crossSigningKey(userId, 'master') === undefined
    if (!isFirst && !known) await ctx.uia.requirePassword('cross-signing', body.auth, userId)
    if (isFirst || !known) {
      ctx.keys.changeSigningKeys(userId, () => {
        for (const usage of usages) {
          const key = uploaded[usage]
          if (key !== undefined) accounts.putCrossSigningKey(userId, usage, key)
        }
      })
    }
    return c.json({})
  })

  app.post('/_matrix/client/v3/keys/signatures/upload', async (c) => {
    const { userId } = ctx.session(c)
    const body = await readBody(c, signaturesBody, KEYS_BODY_LIMIT)
    return c.json({ failures: uploadSignatures(ctx, userId, body) })
  })
}

/** The other keys must be signed by the master key, the one that comes along or the one that is here. */
function checkKeys(ctx: Ctx, userId: UserId, uploaded: SigningKeys): void {
  const { accounts } = ctx
  const master = uploaded.master ?? accounts.crossSigningKey(userId, 'master')
  for (const usage of usages) {
    const key = uploaded[usage]
    if (key === undefined) continue
    const ofUsage = Array.isArray(key['usage']) && key['usage'].includes(usage)
    if (key['user_id'] !== userId || !ofUsage) {
      throw badJson(`\`${usage}_key\` must name your own user and its usage`)
    }
    if (JSON.stringify(key).length > MAX_KEY_LENGTH) throw badJson(`\`${usage}_key\` is too large`)
    for (const publicKey of Object.values(keyIn(key))) {
      if (typeof publicKey === 'string' && accounts.device(userId, publicKey) !== undefined) {
        throw forbidden('One of your devices has the id that this key would have')
      }
    }
    if (usage === 'master') continue
    if (master === undefined)
      throw new MatrixError(400, 'M_MISSING_PARAM', 'There is no master key to sign with')
    const [[keyId, publicKey] = []] = Object.entries(keyIn(master))
    const signed =
      keyId !== undefined &&
      typeof publicKey === 'string' &&
      verifyJsonSignature(key, userId, keyId, publicKey)
    if (!signed) {
      throw new MatrixError(400, 'M_INVALID_SIGNATURE', `\`${usage}_key\` is not signed by the master key`)
    }
  }
}

const keyIn = (key: JsonObject): JsonObject => (key['keys'] ?? {}) as JsonObject
