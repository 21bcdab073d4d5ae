import type { JsonObject, UserId } from '../../src-main/core/types.ts'
import { createKeys, type Keys } from '../../src-main/keys/index.ts'
import type { KeysRemote } from '../../src-main/keys/ports.ts'
import { RemoteError } from '../../src-main/rooms/ports.ts'
import { createRemoteDeviceStore } from '../../src-main/storage/remote-devices.ts'
import { Logger } from '../../src-main/trace/log.ts'
import type { TestNetwork, TestNode } from './network.ts'

/** The keys of a test node, over the same network as its rooms. */
export function keysOf(network: TestNetwork, node: TestNode): Keys {
  const ask: TestNode['askNode'] = (to, name, call) => node.askNode(to, name, call)
  const remote: KeysRemote = {
    async queryKeys(to, devices) {
      const users = Object.entries(devices).map(([user, ids]) => ({ user: user as UserId, devices: ids }))
      const answer = await ask<Record<string, JsonObject>>(to, 'keys/query', (other) =>
        Promise.resolve(other.keys.forServers.query(node.name, users)),
      )
      return {
        deviceKeys: answer['device_keys'] ?? {},
        masterKeys: answer['master_keys'] ?? {},
        selfSigningKeys: answer['self_signing_keys'] ?? {},
      }
    },
    claimKeys: (to, wanted) =>
      ask(to, 'keys/claim', (other) => {
        const answer: { [user: string]: JsonObject } = {}
        for (const [user, devices] of Object.entries(wanted))
          for (const [device, algorithm] of Object.entries(devices)) {
            const key = other.keys.forServers.claim(user as UserId, device, algorithm)
            if (key !== undefined) (answer[user] ??= {})[device] = key
          }
        return Promise.resolve(answer)
      }),
    async userDevices(to, user) {
      const answer = await ask<JsonObject | undefined>(to, 'devices', (other) =>
        Promise.resolve(other.keys.forServers.devices(node.name, user)),
      )
      if (answer === undefined) throw new RemoteError(to, 'no such user', { status: 404, retryable: false })
      return {
        streamId: Number(answer['stream_id']),
        devices: answer['devices'] as JsonObject[],
        ...(answer['master_key'] === undefined ? {} : { masterKey: answer['master_key'] as JsonObject }),
        ...(answer['self_signing_key'] === undefined
          ? {}
          : { selfSigningKey: answer['self_signing_key'] as JsonObject }),
      }
    },
  }
  return createKeys({
    serverName: node.name,
    local: node.accounts,
    others: createRemoteDeviceStore(node.db),
    rooms: node.store,
    remote,
    clock: network.clock,
    random: network.random,
    log: new Logger(network.clock, [(item) => node.items.push(item)]),
    domainAllowed: () => true,
    wake: () => undefined,
    queued: () => undefined,
    waitingFor: (server) => node.outbox.queuedFor(server).edus,
  })
}
