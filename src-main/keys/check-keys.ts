import { z } from 'zod'
import { isCanonical } from '../core/canonical-json.ts'
import { isObject, own, ownString, without } from '../core/json.ts'
import type { JsonObject, UserId } from '../core/types.ts'
import type { CrossSigningUsage, RemoteDevice } from './ports.ts'

/** Of one device or cross-signing key, as JSON: keys are some hundred bytes, signatures as many each. */
const MAX_KEY_BYTES = 32 * 1024
export const MAX_ID_LENGTH = 255
/** Of one user. */
export const MAX_DEVICES = 1_000

const signatures = z.record(z.string(), z.record(z.string(), z.string()))
const deviceKeys = z.looseObject({
  user_id: z.string(),
  device_id: z.string(),
  algorithms: z.array(z.string()),
  keys: z.record(z.string(), z.string()),
  signatures: signatures.optional(),
})
const crossSigningKey = z.looseObject({
  user_id: z.string(),
  usage: z.array(z.string()),
  keys: z.record(z.string(), z.string()),
  signatures: signatures.optional(),
})

/** Identity keys of a device (Client-Server API, DeviceKeys), or undefined for what is not this device's. */
export function checkedDeviceKeys(user: UserId, deviceId: string, value: unknown): JsonObject | undefined {
  const keys = checked(deviceKeys, value)
  return keys?.['user_id'] === user && keys['device_id'] === deviceId ? keys : undefined
}

/** A cross-signing key (Client-Server API, CrossSigningKey) of this user, with this usage and one public key. */
export function checkedSigningKey(
  user: UserId,
  usage: CrossSigningUsage,
  value: unknown,
): JsonObject | undefined {
  const key = checked(crossSigningKey, value)
  if (key?.['user_id'] !== user) return undefined
  const usages = key['usage']
  if (!Array.isArray(usages) || !usages.includes(usage)) return undefined
  return publicKeyOf(key) === undefined ? undefined : key
}

/** The one key in a cross-signing key object: its id and its public half. */
export function publicKeyOf(key: JsonObject): { id: string; publicKey: string } | undefined {
  const entries = Object.entries(own(key, 'keys') ?? {})
  const [entry] = entries
  if (entries.length !== 1 || entry === undefined) return undefined
  const [id, publicKey] = entry
  return id.startsWith('ed25519:') && typeof publicKey === 'string' ? { id, publicKey } : undefined
}

/** One device of an answer: `keys` as in `/user/devices`, the name beside or in `unsigned`. */
export function checkedDevice(
  user: UserId,
  deviceId: string,
  value: unknown,
  name: string | undefined,
): RemoteDevice | undefined {
  if (deviceId === '' || deviceId.length > MAX_ID_LENGTH) return undefined
  const keys = checkedDeviceKeys(user, deviceId, value)
  if (keys === undefined) return undefined
  const displayName = name ?? ownString(own(keys, 'unsigned'), 'device_display_name')
  return { deviceId, keys: without(keys, 'unsigned'), displayName: displayName?.slice(0, MAX_ID_LENGTH) }
}

function checked(shape: z.ZodType, value: unknown): JsonObject | undefined {
  if (!isObject(value) || !isCanonical(value, 20) || !shape.safeParse(value).success) return undefined
  return JSON.stringify(value).length > MAX_KEY_BYTES ? undefined : value
}
