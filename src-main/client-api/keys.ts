import { z } from 'zod'
import type { JsonObject, UserId } from '../core/types.ts'
import { own } from '../core/json.ts'
import { badJson, invalidParam, MatrixError } from '../http/errors.ts'
import { inTurns } from '../trace/turns.ts'
import { jsonObject, KEYS_BODY_LIMIT, readBody } from './body.ts'
import type { Ctx, Register } from './context.ts'
import { userIdOf } from './ids.ts'
import { addSignatures, isSame, unsigned } from './signed-keys.ts'
import { deviceListNews } from './sync/device-lists.ts'
import { roomNews } from './sync/news.ts'
import { parseSyncToken } from './tokens.ts'

/** Of one upload. */
const MAX_KEYS = 1_000
const MAX_KEY_LENGTH = 4_096
const MAX_DEVICE_KEYS_LENGTH = 64 * 1024
/** Clients give the rest of their requests up after half a minute. */
const DEFAULT_TIMEOUT_MS = 10_000
const MAX_TIMEOUT_MS = 30_000

const keyMap = z
  .record(
    z
      .string()
      .max(255)
      .regex(/^[^:]+:./, 'is no `<algorithm>:<id>`'),
    z.union([z.string(), jsonObject]),
  )
  .refine((keys) => Object.keys(keys).length <= MAX_KEYS, `are more than ${MAX_KEYS}`)
  .refine(
    (keys) => Object.values(keys).every((key) => JSON.stringify(key).length <= MAX_KEY_LENGTH),
    'hold a key that is too large',
  )
const deviceKeys = z.looseObject({
  user_id: z.string(),
  device_id: z.string(),
  algorithms: z.array(z.string()),
  keys: z.record(z.string(), z.string()),
  signatures: z.record(z.string(), z.record(z.string(), z.string())).optional(),
})
const uploadBody = z.looseObject({
  device_keys: deviceKeys.optional(),
  one_time_keys: keyMap.optional(),
  fallback_keys: keyMap.optional(),
})
const timeout = z.number().nonnegative().optional()
const queryBody = z.looseObject({ device_keys: z.record(z.string(), z.array(z.string())), timeout })
const claimBody = z.looseObject({
  one_time_keys: z.record(z.string(), z.record(z.string(), z.string())),
  timeout,
})

/** POST /keys/upload, /keys/query, /keys/claim; GET /keys/changes (Client-Server API, "Key management"). */
export const registerKeys: Register = (app, ctx) => {
  const { accounts, keys } = ctx

  app.post('/_matrix/client/v3/keys/upload', async (c) => {
    const { userId, deviceId } = ctx.session(c)
    const body = await readBody(c, uploadBody, KEYS_BODY_LIMIT)
    const ofDevice = body.device_keys as JsonObject | undefined
    if (ofDevice !== undefined) checkDeviceKeys(ofDevice, userId, deviceId)
    const store = (): void => {
      if (body.one_time_keys !== undefined) {
        const outcome = accounts.putOneTimeKeys(userId, deviceId, new Map(Object.entries(body.one_time_keys)))
        if (outcome !== 'stored') throw new MatrixError(400, 'M_UNKNOWN', refusals[outcome])
      }
      if (body.fallback_keys !== undefined) {
        accounts.putFallbackKeys(userId, deviceId, new Map(Object.entries(body.fallback_keys)))
      }
    }
    const known = accounts.deviceKeys(userId).get(deviceId)
    const merged = ofDevice === undefined ? undefined : withKnownSignatures(known, ofDevice)
    // One-time keys alone are nothing that others are told of.
    if (merged === undefined || (known !== undefined && isSame(known, merged))) accounts.transaction(store)
    else {
      keys.changeDevices(userId, [deviceId], () => {
        store()
        accounts.putDeviceKeys(userId, deviceId, merged)
      })
    }
    return c.json({ one_time_key_counts: countsOf(ctx, userId, deviceId) })
  })

  app.post('/_matrix/client/v3/keys/query', async (c) => {
    const { userId } = ctx.session(c)
    const body = await readBody(c, queryBody, KEYS_BODY_LIMIT)
    const wanted = new Map(
      Object.entries(body.device_keys).map(([id, devices]) => [userIdOf(id, 'device_keys'), devices]),
    )
    return c.json({ ...(await keys.query(userId, wanted, patience(body.timeout))) })
  })

  app.post('/_matrix/client/v3/keys/claim', async (c) => {
    ctx.session(c)
    const body = await readBody(c, claimBody, KEYS_BODY_LIMIT)
    const wanted = new Map(
      Object.entries(body.one_time_keys).map(([id, devices]) => [userIdOf(id, 'one_time_keys'), devices]),
    )
    return c.json(await keys.claim(wanted, patience(body.timeout)))
  })

  app.get('/_matrix/client/v3/keys/changes', async (c) => {
    const { userId } = ctx.session(c)
    const from = c.req.query('from')
    const to = c.req.query('to')
    if (from === undefined || to === undefined) throw invalidParam('from and to are needed')
    const joined = new Set(ctx.reader.roomsJoinedBy(userId))
    const news = roomNews(ctx, userId, joined, parseSyncToken(from), parseSyncToken(to))
    const { changed, left } = await inTurns(deviceListNews(ctx, userId, news))
    return c.json({ changed: [...changed], left: [...left] })
  })
}

/** The same keys uploaded again keep what other keys have signed of them meanwhile. */
function withKnownSignatures(known: JsonObject | undefined, keys: JsonObject): JsonObject {
  if (known === undefined || !isSame(unsigned(known), unsigned(keys))) return keys
  return addSignatures(known, own(keys, 'signatures'))
}

const refusals = {
  conflict: 'A one-time key with this id is there already',
  full: 'This device has more one-time keys waiting than it will ever need',
} as const

function checkDeviceKeys(keys: JsonObject, userId: UserId, deviceId: string): void {
  if (keys['user_id'] !== userId || keys['device_id'] !== deviceId) {
    throw badJson('`device_keys` must name your own user and device')
  }
  if (JSON.stringify(keys).length > MAX_DEVICE_KEYS_LENGTH) throw badJson('`device_keys` are too large')
}

const patience = (asked: number | undefined): number => Math.min(asked ?? DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS)

function countsOf(ctx: Ctx, userId: UserId, deviceId: string): Record<string, number> {
  return { signed_curve25519: 0, ...ctx.accounts.oneTimeKeyCounts(userId, deviceId) }
}
