import { isObject } from '../core/json.ts'
import type { JsonObject, ServerName, UserId } from '../core/types.ts'
import { announceJoin, changeDevices, changeSigningKeys } from './announce.ts'
import type { Keys } from './api.ts'
import { claim } from './claim.ts'
import { isLocal, localUsersSharing, type KeysContext, type KeysDeps } from './context.ts'
import { query } from './query.ts'
import { receiveToDevice } from './receive-to-device.ts'
import { receiveDeviceUpdate, receiveSigningKeys, type Received } from './receive-updates.ts'
import { Resync } from './resync.ts'
import { sendToDevice } from './send-to-device.ts'
import { serveKeys } from './serve.ts'

export type { KeysDeps } from './context.ts'
export type * from './api.ts'

/** Binds the use cases to their ports. Call `start` once, `stop` before the store is closed. */
export function createKeys(deps: KeysDeps): Keys {
  const ctx: KeysContext = { ...deps, asking: new Map(), away: new Map() }
  const resync = new Resync(ctx)

  /** In the caller's transaction; the answer is to be called when that is on disk. */
  function receive(origin: ServerName, edus: readonly JsonObject[]): () => void {
    const received: Received = { changed: new Set(), stale: new Set() }
    const reached = new Set<UserId>()
    const waiting = new Map<string, number>()
    for (const { edu_type: type, content } of edus) {
      if (!isObject(content)) continue
      switch (type) {
        case 'm.device_list_update':
          receiveDeviceUpdate(ctx, origin, content, received)
          break
        case 'm.signing_key_update':
        // Synapse sends both names.
        case 'org.matrix.signing_key_update':
          receiveSigningKeys(ctx, origin, content, received)
          break
        case 'm.direct_to_device':
          for (const user of receiveToDevice(ctx, origin, content, waiting)) reached.add(user)
      }
    }
    for (const user of received.changed) ctx.local.markDeviceListChanged(user)
    return () => {
      for (const user of received.changed)
        for (const other of localUsersSharing(ctx, user)) reached.add(other)
      if (reached.size > 0) ctx.wake(reached)
      resync.want(received.stale)
    }
  }

  return {
    changeDevices: (user, deviceIds, change) => changeDevices(ctx, user, deviceIds, change),
    changeSigningKeys: (user, change) => changeSigningKeys(ctx, user, change),
    query: (requester, wanted, timeoutMs) => query(ctx, requester, wanted, timeoutMs),
    claim: (wanted, timeoutMs) => claim(ctx, wanted, timeoutMs),
    masterKey: (user) =>
      isLocal(ctx, user) ? ctx.local.crossSigningKey(user, 'master') : ctx.others.list(user)?.masterKey,
    sendToDevice: (args) => sendToDevice(ctx, args),
    forServers: serveKeys(ctx),
    receive,
    joined: (user, roomId) => announceJoin(ctx, user, roomId),
    start: () => resync.want(ctx.others.stale()),
    back(server) {
      ctx.away.delete(server)
      resync.back(server)
    },
    idle: () => resync.idle(),
    stop: () => resync.stop(),
  }
}
