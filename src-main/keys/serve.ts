import { setOwn } from '../core/json.ts'
import type { JsonObject, ServerName, UserId } from '../core/types.ts'
import type { Keys } from './api.ts'
import { claimLocal } from './claim.ts'
import { sharesWithServer, type KeysContext } from './context.ts'
import { visibleDevice, visibleSigningKey } from './visible.ts'

const publicKeys = ['master', 'self_signing'] as const

/** Server-server `/user/keys/query`, `/user/keys/claim` and `/user/devices`, of this server's users. */
export function serveKeys(ctx: KeysContext): Keys['forServers'] {
  /** What somebody calls their devices is told only to servers that they share a room with. */
  function devicesOf(origin: ServerName, user: UserId) {
    const named = sharesWithServer(ctx, user, origin)
    return [...ctx.local.deviceKeys(user)].map(([deviceId, keys]) => ({
      deviceId,
      keys,
      displayName: named ? ctx.local.device(user, deviceId)?.displayName : undefined,
    }))
  }

  return {
    query(origin, users) {
      const answer: Record<'device_keys' | 'master_keys' | 'self_signing_keys', JsonObject> = {
        device_keys: {},
        master_keys: {},
        self_signing_keys: {},
      }
      for (const { user, devices } of users) {
        if (!ctx.local.exists(user)) continue
        const found: JsonObject = {}
        for (const { deviceId, keys, displayName } of devicesOf(origin, user)) {
          if (devices.length > 0 && !devices.includes(deviceId)) continue
          setOwn(found, deviceId, visibleDevice(user, keys, displayName))
        }
        setOwn(answer.device_keys, user, found)
        for (const usage of publicKeys) {
          const key = ctx.local.crossSigningKey(user, usage)
          if (key !== undefined)
            setOwn(answer[`${usage}_keys`], user, visibleSigningKey(ctx, user, key, undefined))
        }
      }
      return answer
    },

    claim: (user, device, algorithm) => claimLocal(ctx, user, device, algorithm),

    devices(origin, user) {
      if (!ctx.local.exists(user)) return undefined
      const answer: JsonObject = {
        user_id: user,
        stream_id: ctx.local.deviceStream(user) ?? 0,
        devices: devicesOf(origin, user).map(({ deviceId, keys, displayName }) => ({
          device_id: deviceId,
          keys: visibleDevice(user, keys, undefined),
          ...(displayName === undefined ? {} : { device_display_name: displayName }),
        })),
      }
      for (const usage of publicKeys) {
        const key = ctx.local.crossSigningKey(user, usage)
        if (key !== undefined) answer[`${usage}_key`] = visibleSigningKey(ctx, user, key, undefined)
      }
      return answer
    },
  }
}
