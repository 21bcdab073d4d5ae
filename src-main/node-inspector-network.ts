import type { Outbox } from './federation/out/outbox.ts'
import { createInspectedPeers, type InspectPeersParts } from './inspect-peers.ts'
import { createInspectedQueues } from './inspect-queues.ts'
import { createServerTestRun, type InspectServerParts } from './inspect-server.ts'
import type { InspectorEndpoints } from './inspector/app.ts'
import { peersEndpoints } from './inspector/peers/index.ts'
import { queuesEndpoints } from './inspector/queues/index.ts'
import { serverTestEndpoints } from './inspector/server-test/index.ts'
import { createServerTests } from './inspector/server-test/tests.ts'
import type { OutboxLook } from './storage/outbox-look.ts'
import type { Logger } from './trace/log.ts'

export interface NetworkParts
  extends
    InspectPeersParts,
    Pick<InspectServerParts, 'look' | 'client' | 'fixed' | 'skipVerify' | 'checkOwn' | 'random'> {
  readonly outbox: Outbox
  readonly outboxLook: OutboxLook
  readonly log: Logger
}

/** The views of other servers: *Peers*, *Queues*, and the federation tester. */
export function networkEndpoints(parts: NetworkParts): InspectorEndpoints[] {
  const { clock, keyStore, log } = parts
  const run = createServerTestRun({
    ...parts,
    origin: parts.serverName,
    candidates: (server) => parts.peers.candidates(server),
    knownKeys: (server) => keyStore.keys(server).flatMap((key) => (key.old ? [] : [key.publicKey])),
  })
  const tests = createServerTests({
    run,
    clock,
    random: parts.random,
    onBroken: (server, error) => log.note('server test failed', { server, error: String(error) }, 'error'),
  })
  return [
    peersEndpoints(createInspectedPeers(parts)),
    queuesEndpoints(createInspectedQueues({ ...parts, store: parts.outboxStore, look: parts.outboxLook })),
    serverTestEndpoints(tests),
  ]
}
