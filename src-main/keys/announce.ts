import type { JsonObject, RoomId, ServerName, UserId } from '../core/types.ts'
import { localUsersSharing, sameJson, serversSharing, type KeysContext } from './context.ts'
import { visibleSigningKey } from './visible.ts'

interface DeviceState {
  readonly keys: JsonObject | undefined
  readonly displayName: string | undefined
}

/**
 * Runs `change` and tells of these devices: local users by their syncs, servers by `m.device_list_update`
 * (Server-Server API, "Device Management"). Devices without keys are nobody else's concern.
 */
export function changeDevices<T>(
  ctx: KeysContext,
  user: UserId,
  deviceIds: readonly string[],
  change: () => T,
): T {
  const servers = serversSharing(ctx, user)
  const result = ctx.local.transaction(() => {
    const before = deviceIds.map((id) => stateOf(ctx, user, id))
    const made = change()
    deviceIds.forEach((id, at) => {
      const after = stateOf(ctx, user, id)
      const was = before[at]
      if (was?.keys === undefined && after.keys === undefined) return
      if (sameJson(was?.keys, after.keys) && was?.displayName === after.displayName) return
      announce(ctx, user, id, after, servers)
    })
    ctx.local.markDeviceListChanged(user)
    return made
  })
  tell(ctx, user, servers)
  return result
}

/** The same for cross-signing keys, by `m.signing_key_update`. */
export function changeSigningKeys<T>(ctx: KeysContext, user: UserId, change: () => T): T {
  const servers = serversSharing(ctx, user)
  const result = ctx.local.transaction(() => {
    const before = signingKeys(ctx, user)
    const made = change()
    const keys = signingKeys(ctx, user)
    if (!sameJson(before, keys)) {
      const edu = { edu_type: 'm.signing_key_update', content: { user_id: user, ...keys } }
      for (const server of servers) ctx.rooms.enqueueEdu(server, edu, `m.signing_key_update ${user}`)
    }
    ctx.local.markDeviceListChanged(user)
    return made
  })
  tell(ctx, user, servers)
  return result
}

/**
 * A local user came into a room, in whose transaction this runs. Servers that shared no room with them before
 * are told that there is a list, which they fetch if they want it: an update that follows nothing.
 */
export function announceJoin(ctx: KeysContext, user: UserId, roomId: RoomId): ServerName[] {
  const streamId = ctx.local.deviceStream(user)
  const [device] = ctx.local.deviceKeys(user).keys()
  if (streamId === undefined || device === undefined) return []
  const known = new Set(
    ctx.rooms.roomsJoinedBy(user).flatMap((room) => (room === roomId ? [] : ctx.rooms.joinedServers(room))),
  )
  const fresh = ctx.rooms
    .joinedServers(roomId)
    .filter((server) => server !== ctx.serverName && !known.has(server) && ctx.domainAllowed(server))
  const edu = updateOf(user, device, stateOf(ctx, user, device), streamId, undefined)
  for (const server of fresh) ctx.rooms.enqueueEdu(server, edu, `m.device_list_update ${user} ${device}`)
  return fresh
}

function announce(
  ctx: KeysContext,
  user: UserId,
  deviceId: string,
  state: DeviceState,
  servers: ReadonlySet<ServerName>,
): void {
  const previous = ctx.local.deviceStream(user)
  const edu = updateOf(user, deviceId, state, ctx.local.nextDeviceStream(user), previous)
  // Where one of this device still waits, the chain breaks by its replacement, and the other server fetches
  // the whole list: what waits for a server that is away is bounded by the number of devices.
  for (const server of servers) ctx.rooms.enqueueEdu(server, edu, `m.device_list_update ${user} ${deviceId}`)
}

function updateOf(
  user: UserId,
  deviceId: string,
  { keys, displayName }: DeviceState,
  streamId: number,
  previous: number | undefined,
): JsonObject {
  return {
    edu_type: 'm.device_list_update',
    content: {
      user_id: user,
      device_id: deviceId,
      stream_id: streamId,
      prev_id: previous === undefined ? [] : [previous],
      ...(keys === undefined ? { deleted: true } : { keys }),
      ...(keys === undefined || displayName === undefined ? {} : { device_display_name: displayName }),
    },
  }
}

const stateOf = (ctx: KeysContext, user: UserId, deviceId: string): DeviceState => ({
  keys: ctx.local.deviceKeys(user).get(deviceId),
  displayName: ctx.local.device(user, deviceId)?.displayName,
})

function signingKeys(ctx: KeysContext, user: UserId): JsonObject {
  const keys: JsonObject = {}
  for (const usage of ['master', 'self_signing'] as const) {
    const key = ctx.local.crossSigningKey(user, usage)
    if (key !== undefined) keys[`${usage}_key`] = visibleSigningKey(ctx, user, key, undefined)
  }
  return keys
}

function tell(ctx: KeysContext, user: UserId, servers: ReadonlySet<ServerName>): void {
  ctx.wake(localUsersSharing(ctx, user))
  if (servers.size > 0) ctx.queued([...servers])
}
