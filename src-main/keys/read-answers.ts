import { isObject, own, ownString } from '../core/json.ts'
import type { JsonObject, UserId } from '../core/types.ts'
import { checkedDevice, checkedSigningKey, MAX_DEVICES } from './check-keys.ts'
import type { KeysRemote, RemoteDevice, RemoteDeviceList } from './ports.ts'

type Told = Pick<RemoteDeviceList, 'devices' | 'masterKey' | 'selfSigningKey'>

/** What an answer of `/user/keys/query` says of one user: only what is really theirs. */
export function readQuery(user: UserId, answer: Awaited<ReturnType<KeysRemote['queryKeys']>>): Told {
  const told = own(answer.deviceKeys, user)
  const devices = Object.entries(isObject(told) ? told : {})
    .slice(0, MAX_DEVICES)
    .flatMap(([deviceId, keys]) => checkedDevice(user, deviceId, keys, undefined) ?? [])
  return {
    devices,
    masterKey: checkedSigningKey(user, 'master', own(answer.masterKeys, user)),
    selfSigningKey: checkedSigningKey(user, 'self_signing', own(answer.selfSigningKeys, user)),
  }
}

/** The same of an answer of `/user/devices`. */
export function readDevices(user: UserId, answer: Awaited<ReturnType<KeysRemote['userDevices']>>): Told {
  const devices = new Map<string, RemoteDevice>()
  for (const told of answer.devices.slice(0, MAX_DEVICES)) {
    const deviceId = ownString(told, 'device_id') ?? ''
    const device = checkedDevice(user, deviceId, own(told, 'keys'), ownString(told, 'device_display_name'))
    if (device !== undefined) devices.set(deviceId, device)
  }
  return {
    devices: [...devices.values()],
    masterKey: checkedSigningKey(user, 'master', answer.masterKey),
    selfSigningKey: checkedSigningKey(user, 'self_signing', answer.selfSigningKey),
  }
}

/** What an answer of `/user/keys/claim` gives for one device: one key of the algorithm that was asked for. */
export function readClaim(
  answer: JsonObject,
  user: UserId,
  device: string,
  algorithm: string,
): JsonObject | undefined {
  const keys = own(own(answer, user), device)
  if (!isObject(keys)) return undefined
  const entry = Object.entries(keys).find(
    ([id, key]) => id.startsWith(`${algorithm}:`) && (isObject(key) || typeof key === 'string'),
  )
  return entry === undefined ? undefined : { [entry[0]]: entry[1] }
}
