import type { JsonObject, ServerName } from '../../src-main/core/types.ts'
import { createNotary, type Notary } from '../../src-main/federation/in/notary.ts'
import { createServerKeys } from '../../src-main/federation/in/server-keys.ts'
import { createKeyRing } from '../../src-main/federation/out/key-ring.ts'
import type { SignedClient } from '../../src-main/federation/out/signed-client.ts'
import { RemoteError } from '../../src-main/rooms/ports.ts'
import { createServerKeyStore } from '../../src-main/storage/server-keys.ts'
import { Logger } from '../../src-main/trace/log.ts'
import type { TestNetwork, TestNode } from './network.ts'

/** What a node answers to who wants keys: its own, or those of others. */
export interface KeyDesk {
  ownKeys: () => JsonObject
  query: Notary['many']
}

/**
 * Gives the nodes real key rings: keys are fetched over the network and kept, and each node is a notary for
 * the others. `trusted`: whose word each node believes alone.
 */
export function giveKeyRings(
  network: TestNetwork,
  trusted: readonly ServerName[] = [],
): Map<ServerName, KeyDesk> {
  const desks = new Map<ServerName, KeyDesk>()
  for (const node of network.nodes.values()) desks.set(node.name, giveKeyRing(network, node, trusted, desks))
  return desks
}

function giveKeyRing(
  network: TestNetwork,
  node: TestNode,
  trusted: readonly ServerName[],
  desks: ReadonlyMap<ServerName, KeyDesk>,
): KeyDesk {
  const { clock } = network
  const store = createServerKeyStore(node.db)
  const client: SignedClient = {
    request(to, { path, content = {} }) {
      const desk = desks.get(to)
      if (desk === undefined) throw new RemoteError(to, 'no such server', { retryable: true })
      return network.wire.request(node.name, to, path, async () =>
        path === '/_matrix/key/v2/server' ? desk.ownKeys() : desk.query(content, node.name),
      )
    },
    open: () => Promise.reject(new Error('not used')),
  }
  const ring = createKeyRing({
    client,
    store,
    clock,
    signer: node.signer,
    notaries: { trusted, neighbours: () => [] },
    log: new Logger(clock, [(item) => node.items.push(item)]),
  })
  node.keyRing = ring
  const own = { clock, serverName: node.name, signer: node.signer }
  const ownKeys = createServerKeys(own)
  const notary = createNotary(
    {
      ...own,
      rateLimits: false,
      published: { ...store, refresh: (server) => ring.refresh(server) },
      domainAllowed: () => true,
    },
    ownKeys,
  )
  return { ownKeys, query: (body, address) => notary.many(body, address) }
}
