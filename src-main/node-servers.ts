import type { NodeConfig } from './config.ts'
import { fingerprintOf, publicKeyFromServerName } from './core/ids.ts'
import type { ServerName, Signer } from './core/types.ts'
import { createDeliveries, type ServerDeliveries } from './deliveries.ts'
import type { Domain } from './domain.ts'
import { PeerTable } from './federation/discovery/index.ts'
import { createConnections, type Connections } from './federation/out/connections.ts'
import { createContacts, type Contacts } from './federation/out/contacts.ts'
import { createDeliveryCheck } from './federation/out/delivery-check.ts'
import { createSystemDns, type Dns } from './federation/out/dns.ts'
import { createFailOver } from './federation/out/fail-over.ts'
import { createGreeting } from './federation/out/greeting.ts'
import { createKeyRing, type KeyRing } from './federation/out/key-ring.ts'
import { createLineWatch } from './federation/out/line-watch.ts'
import type { LookDeps } from './federation/out/look-at-server.ts'
import { createMeasuring, type Measuring } from './federation/out/measure.ts'
import { createOutbox, type Outbox } from './federation/out/outbox.ts'
import type { OutboxStore, ServerKeyStore } from './federation/out/ports.ts'
import { createRefusingServers, type RefusingServers } from './federation/out/refusing-servers.ts'
import { probe } from './federation/out/probe.ts'
import { createRemote, type FederationRemote } from './federation/out/remote.ts'
import { createSignedClient, type SignedClient } from './federation/out/signed-client.ts'
import { takesCalls } from './federation/out/takes-calls.ts'
import type { Keys } from './keys/api.ts'
import { createServerEvents, type ServerEvents } from './node-server-events.ts'
import { createOneSided, type OneSided } from './one-sided.ts'
import { interfaceOf } from './own-addresses.ts'
import type { Rooms } from './rooms/api.ts'
import type { PeersDocument } from './storage/documents/peers.ts'
import { sleep, type Clock, type Random } from './trace/clock.ts'
import type { Logger } from './trace/log.ts'

const GOODBYE_MS = 300
/** Less than the peer table gives an answer. */
const TAKES_CALLS_MS = 4_000
/** Where another address of the same server answers; a lost packet is sent again after one second. */
const STILL_TAKES_CALLS_MS = 2_000

export interface NodeServersParts {
  readonly config: NodeConfig
  readonly serverName: ServerName
  readonly signer: Signer
  readonly outboxStore: OutboxStore
  readonly keyStore: ServerKeyStore
  readonly peersDocument: PeersDocument<unknown>
  readonly staticPeers: ReadonlyMap<ServerName, { readonly host: string; readonly port: number }>
  readonly domain: Domain
  /** Servers with somebody in a room of this one. */
  readonly neighbours: () => Set<ServerName>
  readonly domainAllowed: (server: ServerName) => boolean
  /** Resolves when all that was written before is on the disk. */
  readonly durable: () => Promise<void> | undefined
  /** Undefined before the start. */
  readonly listeningPort: () => number | undefined
  /** Made after these, and only asked once there is something to tell them. */
  readonly rooms: () => Rooms
  readonly keys: () => Keys
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

/** Other servers: where they are, how they are asked, what waits for them, and what is noticed of them. */
export interface NodeServers extends ServerEvents {
  readonly peers: PeerTable
  readonly dns: Dns
  readonly contacts: Contacts
  readonly connections: Connections
  readonly client: SignedClient
  readonly remote: FederationRemote
  readonly measuring: Measuring
  readonly keyRing: KeyRing
  readonly outbox: Outbox
  readonly deliveries: ServerDeliveries
  readonly refusing: RefusingServers
  readonly oneSided: OneSided
  /** With what a server is looked at from outside, as another would find it. */
  readonly look: LookDeps
  /** A name for people, of every server. */
  readonly nameOf: (server: ServerName) => string
  /** Sends what waits. */
  start(): void
  /** Asks each server, or only these, for news, and tells them where this one is. */
  greet(only?: readonly ServerName[]): void
  /** Stops all that begins by itself. */
  quiet(): Promise<void>
  /** A last word to other servers, for as long as a moment is. */
  goodbye(): Promise<void>
}

export function createNodeServers(parts: NodeServersParts): NodeServers {
  const { config, serverName, signer, outboxStore, keyStore, staticPeers, domain } = parts
  const { neighbours, domainAllowed, rooms, keys, clock, random, log } = parts

  const peers: PeerTable = new PeerTable({
    clock,
    self: serverName,
    probe: (server) => answers(server),
    connects: (server) => takesCalls(peers.candidates(server), TAKES_CALLS_MS),
    persist: (snapshot) => parts.peersDocument.save(snapshot.peers),
    onNotPersisted: (error) => log.note('peers not saved', { reason: String(error) }, 'warn'),
    regained: (server, since) => connections.leaveOlder(server, since),
    awaited: (server) => outbox.queuedFor(server) > 0,
  })
  const { problem } = parts.peersDocument
  if (problem !== undefined) log.note('peers not read', { reason: problem.message }, 'warn')
  peers.restore({ version: 1, peers: parts.peersDocument.peers })
  for (const [server, address] of staticPeers) peers.learn(server, address, 'static')
  const dns = createSystemDns()
  const contacts = createContacts({ clock, interfaceOf })
  const connections = createConnections({
    clock,
    random,
    dns,
    candidates: (server) => peers.candidates(server),
    knownKeys: (server) =>
      keyStore
        .keys(server)
        .filter((key) => !key.old)
        .map((key) => key.publicKey),
    staticPeers,
    extraCas: config.tlsCa,
    insecureSkipTlsVerify: config.insecureSkipTlsVerify,
    allowPrivateAddresses: config.allowPrivateAddresses,
    onConnected: (server, target) => peers.markSuccess(server, target),
    observer: contacts,
  })
  const failOver = createFailOver({
    peers,
    connections,
    takesCalls: (at) => takesCalls([at], STILL_TAKES_CALLS_MS),
    onLeft: (server) => outbox.resetBackoff(server),
    clock,
  })
  const refusing = createRefusingServers(() => deliveries.changed())
  const client = createSignedClient({
    signer,
    connections,
    log,
    domainAllowed,
    durable: parts.durable,
    listeningPort: parts.listeningPort,
    onUnreachable: (server) => oneSided.collector.hint(server),
    onAnswer: (server, refuses) => refusing.note(server, refuses),
  })
  const remote = createRemote(client)
  const measuring = createMeasuring({ client, contacts, clock })
  const answers = (server: ServerName): Promise<boolean> => measuring.answers(server)
  const keyRing = createKeyRing({
    client,
    store: keyStore,
    clock,
    signer,
    ownOldKeys: domain.oldKeys,
    notaries: { trusted: config.trustedKeyServers, neighbours: domain.neighboursOf },
    log,
  })
  const deliveries = createDeliveries({
    store: outboxStore,
    outbox: () => outbox,
    refusing,
    nameOf: (server) => peers.nameOf(server),
    clock,
  })
  const outbox: Outbox = createOutbox({
    store: outboxStore,
    client,
    origin: serverName,
    clock,
    random,
    log,
    domainAllowed,
    onProgress(server) {
      deliveries.changed()
      deliveryCheck.progressed(server)
    },
    onDialled: (server, reached) => lineWatch.note(server, reached),
    onSlow(server) {
      if (peers.isReachable(server)) peers.suspect(server)
      else lineWatch.suspect(server)
      void failOver(server)
    },
    cannotAsk: (server) => oneSided.collector.cannotDialUs(server),
    onBack(server) {
      rooms().askForNews([server])
      rooms().presence.back(server)
      keys().back(server)
    },
  })
  const lineWatch = createLineWatch({
    probe: answers,
    reaches: (server) => connections.reaches(server),
    onAnswer: (server) => outbox.resetBackoff(server),
    onDead: (server) => connections.lost(server),
    onBack() {
      outbox.resetAll()
      greet()
    },
    clock,
    log,
  })
  const deliveryCheck = createDeliveryCheck({
    store: outboxStore,
    getEvent: (server, eventId) => remote.getEvent(server, eventId),
    changed: () => deliveries.changed(),
    clock,
    log,
  })
  const greeting = createGreeting({
    onGreeted(server, reached) {
      // What waits for it was put off when it did not answer.
      if (reached) outbox.resetBackoff(server)
      lineWatch.note(server, reached)
    },
    client,
    origin: serverName,
    neighbours,
    domainAllowed,
    clock,
    random,
    log,
  })
  const greet = (only?: readonly ServerName[]): void => {
    oneSided.collector.check()
    rooms().askForNews(only)
    greeting
      .greet(only)
      .catch((error: unknown) => log.note('greeting failed', { error: String(error) }, 'error'))
  }
  const oneSided = createOneSided({
    client,
    outbox: () => outbox,
    peers,
    probe: answers,
    neighbours: () => [...neighbours()].filter((server) => server !== serverName),
    domainAllowed,
    receive: (...args) => rooms().receiveTransaction(...args),
    onOneSided: (server) => outbox.wake([server]),
    clock,
    log,
  })
  const events = createServerEvents({
    peers,
    contacts,
    connections,
    keyRing,
    outbox,
    deliveries,
    refusing,
    remote,
    oneSided,
    greet,
    failOver,
    rooms,
    keys,
    log,
  })
  peers.onChange(events.peerChanged)

  return {
    ...events,
    peers,
    dns,
    contacts,
    connections,
    client,
    remote,
    measuring,
    keyRing,
    outbox,
    deliveries,
    refusing,
    oneSided,
    look: {
      get: connections.get,
      secureContext: connections.secureContext,
      dns,
      probe,
      clock,
      random,
      allowPrivate: config.allowPrivateAddresses,
    },
    nameOf: (server) =>
      peers.nameOf(server) ??
      (publicKeyFromServerName(server) === undefined ? server : fingerprintOf(server)),
    greet,
    start() {
      outbox.start()
      deliveryCheck.start()
    },
    async quiet() {
      peers.stop()
      deliveries.stop()
      greeting.stop()
      await oneSided.collector.stop()
      deliveryCheck.stop()
      lineWatch.stop()
    },
    async goodbye() {
      await Promise.race([outbox.idle(), sleep(clock, GOODBYE_MS)])
    },
  }
}
