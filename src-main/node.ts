import { createCertificateFiles } from './certificate-files.ts'
import { createClientApp } from './client-api/index.ts'
import { createNotifier } from './client-api/notifier.ts'
import type { NodeConfig } from './config.ts'
import { asServerName, fingerprintOf, publicKeyFromServerName } from './core/ids.ts'
import { signaturesReady } from './core/signatures.ts'
import type { EventId, RoomId, ServerName, UserId } from './core/types.ts'
import { createDeliveries } from './deliveries.ts'
import { createDomainCheck, whoLooksBack } from './domain-check.ts'
import { createDomain } from './domain.ts'
import { createDomainPolicy } from './domain-policy.ts'
import { PeerTable, watchNetwork } from './federation/discovery/index.ts'
import { createEventPath } from './federation/in/event-path.ts'
import { createLookBack } from './federation/in/look-back.ts'
import { createFederationApp } from './federation/in/index.ts'
import { createConnections } from './federation/out/connections.ts'
import { createContacts } from './federation/out/contacts.ts'
import { createSystemDns } from './federation/out/dns.ts'
import { createKeyRing } from './federation/out/key-ring.ts'
import { knownKeys } from './federation/out/known-keys.ts'
import { createMediaDownload } from './federation/out/media-download.ts'
import { createDeliveryCheck } from './federation/out/delivery-check.ts'
import { createMeasuring } from './federation/out/measure.ts'
import { createGreeting } from './federation/out/greeting.ts'
import { createLineWatch } from './federation/out/line-watch.ts'
import { createOutbox, type Outbox } from './federation/out/outbox.ts'
import { probe } from './federation/out/probe.ts'
import { createRemote } from './federation/out/remote.ts'
import { createSignedClient } from './federation/out/signed-client.ts'
import { takesCalls } from './federation/out/takes-calls.ts'
import { createNodeCertificate } from './federation/tls/create-certificate.ts'
import { createHearthHooks } from './hearth-hooks.ts'
import { createClientSite } from './client-site.ts'
import { lostMessages } from './lost-messages.ts'
import { learnName } from './learn-name.ts'
import { createNodeDiscovery } from './node-discovery.ts'
import { createCurl } from './node-curl.ts'
import { createNodeInspector } from './node-inspector.ts'
import { createNodeMedia } from './node-media.ts'
import { createNodePaths } from './node-paths.ts'
import { createNodeTrace, notePeer } from './node-trace.ts'
import { addressesOf, interfaceOf, loopbackInterfaces, splitAddress } from './own-addresses.ts'
import { createLiveSettings } from './live-settings.ts'
import { listen, urlHost, type Listener } from './http/listener.ts'
import { isLoopback } from './http/loopback-guard.ts'
import { createKeys } from './keys/index.ts'
import { mediaForServers } from './media/index.ts'
import { headsFor } from './rooms/heads-for.ts'
import { networkProblems } from './network-problems.ts'
import { createOneSided } from './one-sided.ts'
import { traceDenied } from './rooms/refusals/denied-requests.ts'
import { createRooms, type Rooms } from './rooms/index.ts'
import type { RoomListener } from './rooms/ports.ts'
import { withServedHistory } from './served-history.ts'
import { createAccountStore } from './storage/accounts/index.ts'
import type { DataDir } from './storage/data-dir.ts'
import { openDatabase } from './storage/database.ts'
import { openIdentity } from './storage/documents/identity.ts'
import { openPeers } from './storage/documents/peers.ts'
import type { SettingsDocument } from './storage/documents/settings.ts'
import { createOpenIdTokens } from './storage/openid-tokens.ts'
import { createOutboxStore } from './storage/outbox.ts'
import { createOutboxLook } from './storage/outbox-look.ts'
import { createRemoteDeviceStore } from './storage/remote-devices.ts'
import { createRoomStore } from './storage/room-store.ts'
import { GraphChangeLog, withGraphChanges } from './storage/rooms/graph-changes.ts'
import { indexOlderText } from './storage/index-older-text.ts'
import { createScrubber } from './storage/scrubber.ts'
import { createServerKeyStore } from './storage/server-keys.ts'
import { sleep, type Clock, type Random } from './trace/clock.ts'
import type { Logger } from './trace/log.ts'
import { z } from 'zod'

export const VERSION = '0.1.0'
const GOODBYE_MS = 300
/** Less than the peer table gives an answer. */
const TAKES_CALLS_MS = 4_000
const LOGIN_TOKEN_AGE_MS = 24 * 60 * 60_000

export interface NodeParts {
  readonly config: NodeConfig
  readonly dataDir: DataDir
  readonly settings: SettingsDocument
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

export interface NodeInfo {
  readonly server_name: ServerName
  readonly client_url: string
  readonly federation_url: string
  readonly login_url: string
}

export interface HearthNode {
  /** Opens the listeners; everything it prints of them is true when this resolves. */
  start(): Promise<void>
  info(): NodeInfo
  /** A token with which the owner's account logs in once (`m.login.token`). */
  createLoginToken(): string
  /** The system resumed, or its network changed: old connections lead nowhere. */
  networkChanged(): void
  stop(): Promise<void>
}

/** The composition root: the only place that connects the parts. */
export async function createNode({
  config,
  dataDir,
  settings,
  clock,
  random,
  log,
}: NodeParts): Promise<HearthNode> {
  await signaturesReady()
  const identity = openIdentity(dataDir.path, config.serverName, { clock, random })
  const { serverName, signer } = identity
  const db = openDatabase(dataDir.path)
  const policy = createDomainPolicy({ allow: config.allowDomains, deny: config.denyDomains }, serverName)
  const domainAllowed = policy.allowed

  // -- storage
  const scrubber = createScrubber(db, { clock, log })
  const graphChanges = new GraphChangeLog({ clock, random })
  const store = withGraphChanges(
    createRoomStore(db, serverName, { redacted: () => scrubber.soon() }),
    db,
    graphChanges,
  )
  const accounts = createAccountStore(db, { serverName, clock })
  const outboxStore = createOutboxStore(db, (id: EventId) => store.getEvent(id)?.pdu.json, {
    own: serverName,
    heads: (destination, roomId, last) => headsFor(store, destination, roomId, last),
  })
  const keyStore = createServerKeyStore(db)
  const peersDocument = openPeers(dataDir.path, z.unknown())
  const owner = accounts.ensureOwner()
  const openIdTokens = createOpenIdTokens(db, clock)
  const openIdUser = (token: string): UserId | undefined => {
    const user = openIdTokens.userOf(token)
    return user === undefined || accounts.account(user)?.deactivated !== false ? undefined : user
  }

  const roomsWithServers = (): Map<RoomId, ServerName[]> => {
    const rooms = accounts.accounts().flatMap(({ userId }) => store.roomsJoinedBy(userId))
    return new Map(rooms.map((roomId) => [roomId, store.joinedServers(roomId)]))
  }
  const serversOfRooms = (): ServerName[][] => [...roomsWithServers().values()]
  /** Servers with somebody in a room of this one. */
  const neighbours = (): Set<ServerName> => new Set(serversOfRooms().flat())
  const staticPeers = new Map(config.peers.map((peer) => [peer.serverName, splitAddress(peer.address)]))
  const trace = createNodeTrace({
    db,
    isPeer: (server) => staticPeers.has(server as ServerName),
    dataDir: dataDir.path,
    mode: () => settings.data.trace ?? 'disk',
    clock,
    log,
  })

  // -- other servers
  const peers: PeerTable = new PeerTable({
    clock,
    self: serverName,
    probe: (server) => answers(server),
    connects: (server) => takesCalls(peers.candidates(server), TAKES_CALLS_MS),
    persist: (snapshot) => peersDocument.save(snapshot.peers),
    awaited: (server) => outbox.queuedFor(server) > 0,
  })
  peers.restore({ version: 1, peers: peersDocument.peers })
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
  const client = createSignedClient({
    signer,
    connections,
    log,
    domainAllowed,
    listeningPort: () => federationListener?.port,
    onUnreachable: (server) => oneSided.collector.hint(server),
  })
  const remote = createRemote(client)
  const measuring = createMeasuring({ client, contacts, clock })
  const answers = (server: ServerName): Promise<boolean> => measuring.answers(server)
  const domain = createDomain({
    config,
    settings,
    identity,
    log,
    clock,
    random,
    serversOfRooms,
    useCertificate: (tls) => federationListener?.setCertificate(tls),
  })
  const certificateFiles = createCertificateFiles({
    files: config.tlsFiles,
    atStart: { cert: config.tlsCert ?? '', key: config.tlsKey ?? '' },
    use: (tls) => federationListener?.setCertificate(tls),
    clock,
    log,
  })
  const nameOf = (server: ServerName): string =>
    peers.nameOf(server) ?? (publicKeyFromServerName(server) === undefined ? server : fingerprintOf(server))
  const look = {
    get: connections.get,
    secureContext: connections.secureContext,
    dns,
    probe,
    clock,
    random,
    allowPrivate: config.allowPrivateAddresses,
  }
  const domainCheck = createDomainCheck({
    signer,
    client,
    look,
    candidates: () => whoLooksBack([...neighbours()], peers, serverName),
    nameOf,
    renewKeys: domain.renewKeys,
    wellKnownServer: domain.wellKnownServer,
    listening: () =>
      federationListener === undefined
        ? ''
        : `${urlHost(federationListener.host)}:${federationListener.port}`,
  })
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
    onSlow: (server) => peers.suspect(server),
    cannotAsk: (server) => oneSided.collector.cannotDialUs(server),
    onBack(server) {
      rooms.askForNews([server])
      rooms.presence.back(server)
      keys.back(server)
    },
  })
  const lineWatch = createLineWatch({
    probe: answers,
    onAnswer: (server) => outbox.resetBackoff(server),
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
    rooms.askForNews(only)
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
    receive: (...args) => rooms.receiveTransaction(...args),
    onOneSided: (server) => outbox.wake([server]),
    clock,
    log,
  })
  peers.onChange(({ kind, serverName: peer }) => {
    notePeer(log, kind, peer, peers.candidates(peer))
    contacts.happened(peer, kind)
    if (kind === 'gone') {
      connections.lost(peer)
      rooms.presence.gone(peer)
    }
    // Another run of it knows nothing of what the one before was told.
    if (kind === 'learned') rooms.presence.back(peer)
    if (kind !== 'appeared') return
    keyRing.forgetFailures(peer)
    outbox.endCollecting(peer)
    oneSided.collector.hint(peer)
    rooms.askForNews([peer])
    outbox.resetBackoff(peer)
    rooms.presence.back(peer)
    keys.back(peer)
    rooms.serverBack(peer)
    void learnName(peers, remote, peer, log)
  })

  const live = createLiveSettings({
    settings,
    policy,
    log,
    knownServers: () => [
      ...neighbours(),
      ...outboxStore.destinations(),
      ...peers.list().map((peer) => peer.server_name),
    ],
    rulesChanged({ allowed, denied }) {
      for (const server of denied) {
        connections.lost(server)
        rooms.presence.gone(server)
        deliveries.changed()
      }
      for (const server of allowed) {
        keyRing.forgetFailures(server)
        outbox.resetBackoff(server)
        rooms.presence.back(server)
      }
      // What waited for the rule to change goes now, here and on their side.
      outbox.wake(allowed)
      greet(allowed)
    },
    changed() {
      nearbyChanged()
      rooms.presence.modeChanged()
    },
  })

  // -- rooms
  const notifier = createNotifier(store, clock)
  const listener: RoomListener = {
    committed: (change) => notifier.committed(change),
    queued(destinations) {
      outbox.wake(destinations)
      for (const destination of destinations) rooms.presence.met(destination)
    },
    redacted: (events) => removeUnusedMedia(events.map((event) => event.eventId)),
  }
  const keys = createKeys({
    serverName,
    local: accounts,
    others: createRemoteDeviceStore(db),
    rooms: store,
    remote,
    clock,
    random,
    log,
    domainAllowed,
    wake: (users) => notifier.wake(users),
    queued: (destinations) => listener.queued(destinations),
    waitingFor: (server) => outboxStore.queuedFor(server).edus,
  })
  const rooms: Rooms = createRooms({
    serverName,
    signer,
    store,
    remote,
    verifier: keyRing,
    users: accounts,
    listener,
    clock,
    random,
    log,
    domainAllowed,
    encryption: keys,
    presenceMode: () => settings.data.presence ?? 'lan',
    sendEdu: (destinations, edu, key) => outbox.sendEphemeral(destinations, edu, key ?? random.token(8)),
  })
  const {
    media,
    previews,
    removeUnused: removeUnusedMedia,
  } = createNodeMedia({
    db,
    dataDir: dataDir.path,
    config,
    serverName,
    owner,
    remote: createMediaDownload({ client, connections }),
    dns,
    domainAllowed,
    previewsEnabled: () => settings.data.link_previews !== false,
    clock,
    random,
    log,
  })

  const paths = createNodePaths({
    serverName,
    trace,
    store,
    outboxStore,
    outbox: () => outbox,
    domainAllowed,
    client,
    rooms: () => rooms,
    deviceName: (user, device) =>
      accounts.devices(user as UserId).find(({ deviceId }) => deviceId === device)?.displayName,
    clock,
  })

  // -- discovery
  const nearbyName = (): string | undefined =>
    settings.data['visible_nearby'] === true ? accounts.profile(owner)?.displayName : undefined
  const nearbyChanged = (): void => discovery.update({ displayName: nearbyName() })
  const discovery = createNodeDiscovery({
    serverName,
    peers,
    // Who listens on loopback only can be reached from nowhere else, and says so nowhere else.
    interfaces: isLoopback(config.federationListen.host) ? loopbackInterfaces() : undefined,
    displayName: nearbyName,
    // What waits was put off because of where it was before.
    onNewAddress(server) {
      notePeer(log, 'moved', server, peers.candidates(server))
      outbox.resetBackoff(server)
    },
    onHeard: (server, on) => contacts.announced(server, on),
    clock,
    random,
    log,
  })

  // -- interfaces
  const createLoginToken = (): string => {
    const token = random.token(43)
    accounts.putLoginToken(token, owner, clock.now() + LOGIN_TOKEN_AGE_MS)
    return token
  }
  const clientApp = createClientApp({
    serverName,
    rooms,
    reader: store,
    setPublic: (roomId, isPublic) => store.transaction(() => store.setPublic(roomId, isPublic)),
    accounts,
    notifier,
    keys,
    remoteProfile: (user, field) =>
      remote.queryProfile(asServerName(user.slice(user.indexOf(':') + 1)) ?? serverName, user, field),
    media,
    clock,
    random,
    log,
    registration: config.registration,
    sharedSecret: config.registrationSharedSecret,
    rateLimits: config.rateLimits,
    owner,
    deliveries,
    previews,
    wellKnown: domain.wellKnown,
    openId: openIdTokens,
    domain: { rotateKey: domain.rotateKey, check: (ask) => domainCheck.check(ask) },
    inspector: createNodeInspector({
      trace,
      log,
      store,
      keysOf: knownKeys({ signer, ownOldKeys: domain.oldKeys, store: keyStore }),
      db,
      graphChanges,
      clock,
      signer,
      version: VERSION,
      paths: paths.sources,
      network: {
        serverName,
        peers,
        contacts,
        measuring,
        keyStore,
        outbox,
        outboxStore,
        outboxLook: createOutboxLook(db, serverName),
        rooms: () => roomsWithServers(),
        nameOf: (server) => peers.nameOf(server),
        allowed: domainAllowed,
        addresses: () => (federationListener === undefined ? [] : addressesOf(federationListener)),
        links: () => discovery.health(),
        clock,
        look,
        client,
        fixed: (server) => staticPeers.get(server),
        skipVerify: config.insecureSkipTlsVerify,
        checkOwn: () => domainCheck.check(undefined),
        random,
        log,
      },
      curl: createCurl({ signer, store, connections, clock }),
    }),
    hearth: createHearthHooks({
      db,
      dataDir: dataDir.path,
      settings,
      peers,
      outbox,
      clock,
      serverName,
      accounts,
      owner,
      createLoginToken,
      exportIdentity: () => identity.export(),
      live,
      policy,
      nearbyChanged,
      networkProblems: () => [
        ...networkProblems({ links: discovery.health(), peers, oneSided, listener: federationListener }),
        ...[certificateFiles.problem()].filter((problem) => problem !== undefined),
        ...lostMessages(accounts.lostToDevice(), {
          ofServer: nameOf,
          ofUser: (user) => accounts.profile(user)?.displayName ?? user,
          ofDevice: (user, deviceId) => accounts.device(user, deviceId)?.displayName,
        }),
      ],
      addresses: () => (federationListener === undefined ? [] : addressesOf(federationListener)),
    }),
  })
  const federationApp = createFederationApp({
    serverName,
    signer,
    oldKeys: domain.oldKeys,
    keysFreshSince: domain.keysFreshSince,
    reaches: oneSided.reaches,
    reachesAddress: (at) => peers.reachesAddress(at),
    endpoints: [
      oneSided.endpoint,
      createLookBack({
        clock,
        rateLimits: config.rateLimits,
        look: (server) => domainCheck.lookBack(server),
      }),
      createEventPath({ clock, rateLimits: config.rateLimits, pathFor: paths.pathFor }),
    ],
    published: {
      answers: (server) => keyStore.answers(server),
      refresh: (server) => keyRing.refresh(server),
    },
    openIdUser,
    wellKnown: domain.wellKnown,
    rooms: withServedHistory(rooms, (destination, roomId, ids) => {
      if (outboxStore.fetched(destination, roomId, ids, clock.now())) deliveries.changed()
    }),
    keyRing,
    log,
    clock,
    domainAllowed,
    profile: (user: UserId) => (accounts.isActive(user) ? accounts.profileFields(user) : undefined),
    media: mediaForServers(media, serverName),
    keys: keys.forServers,
    onInbound(server, from) {
      if (from !== undefined && publicKeyFromServerName(server) !== undefined) {
        // It moved: what is under way to where it was would wait for an answer that never comes.
        if (hasMoved(peers.candidates(server), from)) connections.lost(server)
        peers.learn(server, from, 'inbound')
      }
      peers.markSuccess(server)
      outbox.resetBackoff(server)
      rooms.presence.met(server)
      keys.back(server)
      rooms.serverBack(server)
    },
    onDenied: traceDenied(store, clock),
    rateLimits: config.rateLimits,
    version: VERSION,
  })

  const serveClient = createClientSite(config, (request, env) => clientApp.fetch(request, env as object))

  let stopIndexing = (): void => undefined
  let stopWatching = (): void => undefined
  let clientListener: Listener | undefined
  let federationListener: Listener | undefined
  const onError = (error: unknown): void => log.note('listener error', { error: String(error) }, 'warn')

  const required = (what: Listener | undefined): Listener => {
    if (what === undefined) throw new Error('The node is not started')
    return what
  }
  const clientUrl = (): string => {
    const { host, port } = required(clientListener)
    const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
    return `http://${urlHost(reachable)}:${port}`
  }

  /** Old connections lead nowhere; everybody is asked anew, and told where we are. */
  function networkChanged(): void {
    connections.networkChanged()
    peers.networkChanged()
    discovery.networkChanged()
    outbox.resetAll()
    greet()
  }

  async function stop(): Promise<void> {
    stopWatching()
    live.stop()
    certificateFiles.stop()
    await discovery.stop()
    peers.stop()
    notifier.stop()
    deliveries.stop()
    previews.stop()
    trace.release()
    greeting.stop()
    await oneSided.collector.stop()
    deliveryCheck.stop()
    lineWatch.stop()
    // A last word to other servers, for as long as a moment is.
    rooms.presence.stop()
    await Promise.race([outbox.idle(), sleep(clock, GOODBYE_MS)])
    await Promise.all([clientListener?.stop(1500), federationListener?.stop(1500), outbox.stop()])
    keys.stop()
    await rooms.stop()
    await media.stop()
    await connections.stop()
    stopIndexing()
    scrubber.stop()
    await trace.stop()
    db.close()
    dataDir.close()
  }

  return {
    async start() {
      try {
        if (config.tlsCert === undefined && identity.tls === undefined)
          identity.setTls(await createNodeCertificate(signer))
        const tls =
          config.tlsCert !== undefined && config.tlsKey !== undefined
            ? { cert: config.tlsCert, key: config.tlsKey }
            : identity.tls
        clientListener = await listen({
          address: config.clientListen,
          fetch: serveClient,
          maxConnections: 2000,
          onError,
        })
        federationListener = await listen({
          address: config.federationListen,
          fetch: (request, env) => federationApp.fetch(request, env as object),
          tls,
          maxConnections: 2000,
          onError,
        })
        rooms
          .resume()
          .catch((error: unknown) => log.note('resuming failed', { error: String(error) }, 'error'))
        outbox.start()
        deliveryCheck.start()
        live.follow()
        certificateFiles.follow()
        keys.start()
        greet()
        removeUnusedMedia()
        peers.start()
        stopWatching = watchNetwork({
          clock,
          onLook: (addresses) => connections.keepThoseFrom(addresses),
          onChange(reason) {
            log.note('network changed', { reason })
            networkChanged()
          },
        })
        // What was deleted just before a crash is still in the log.
        scrubber.soon()
        stopIndexing = indexOlderText(store, { clock, log })
        if (config.mdns) {
          // Not awaited: the node is of use before, and where multicast is not to be had at all.
          discovery
            .start(federationListener.port)
            .catch((error: unknown) =>
              log.note('discovery is not available', { error: String(error) }, 'warn'),
            )
        }
      } catch (error) {
        await stop().catch(onError)
        throw error
      }
    },
    info: () => ({
      server_name: serverName,
      client_url: clientUrl(),
      federation_url: `https://${urlHost(required(federationListener).host)}:${required(federationListener).port}`,
      login_url: `${clientUrl()}/#/login?loginToken=${createLoginToken()}`,
    }),
    createLoginToken,
    networkChanged,
    stop,
  }
}

function hasMoved(known: readonly { host: string }[], from: { host: string }): boolean {
  return known.length > 0 && !known.some(({ host }) => host === from.host)
}
