import { createCertificateFiles } from './certificate-files.ts'
import { createClientApp } from './client-api/index.ts'
import { createNotifier } from './client-api/notifier.ts'
import type { NodeConfig } from './config.ts'
import { asServerName } from './core/ids.ts'
import { signaturesReady } from './core/signatures.ts'
import type { EventId, RoomId, ServerName, UserId } from './core/types.ts'
import { createDomainCheck, whoLooksBack } from './domain-check.ts'
import { createDomain } from './domain.ts'
import { createDomainPolicy } from './domain-policy.ts'
import { createEventPath } from './federation/in/event-path.ts'
import { createLookBack } from './federation/in/look-back.ts'
import { createFederationApp } from './federation/in/index.ts'
import { knownKeys } from './federation/out/known-keys.ts'
import { createMediaDownload } from './federation/out/media-download.ts'
import { createHearthHooks } from './hearth-hooks.ts'
import { createInterfaceChoice } from './interface-choice.ts'
import { createClientSite } from './client-site.ts'
import { lostMessages } from './lost-messages.ts'
import { createNodeDiscovery } from './node-discovery.ts'
import { createCurl } from './node-curl.ts'
import { createNodeInspector } from './node-inspector.ts'
import { createNodeListeners } from './node-listeners.ts'
import { createNodeServers } from './node-servers.ts'
import { createNodeLife, type HearthNode } from './node-life.ts'
import { createNodeMedia } from './node-media.ts'
import { createNodePaths } from './node-paths.ts'
import { createNodeTrace } from './node-trace.ts'
import { createKeyValidity } from './identity-keys.ts'
import { splitAddress } from './own-addresses.ts'
import { createLiveSettings } from './live-settings.ts'
import { durably } from './http/durable-answers.ts'
import { urlHost } from './http/listener.ts'
import { createKeys, type Keys } from './keys/index.ts'
import { mediaForServers } from './media/index.ts'
import { headsFor } from './rooms/heads-for.ts'
import { networkProblems } from './network-problems.ts'
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
import { createTextIndexer } from './storage/index-text.ts'
import { createCheckpoints } from './storage/checkpoints.ts'
import { createDurability } from './storage/durability.ts'
import { createScrubber } from './storage/scrubber.ts'
import { createServerKeyStore } from './storage/server-keys.ts'
import type { Clock, Random } from './trace/clock.ts'
import type { Logger } from './trace/log.ts'
import { z } from 'zod'

export type { HearthNode } from './node-life.ts'

export const VERSION = '0.1.0'
const LOGIN_TOKEN_AGE_MS = 24 * 60 * 60_000

export interface NodeParts {
  readonly config: NodeConfig
  readonly dataDir: DataDir
  readonly settings: SettingsDocument
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
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
  const durability = createDurability(db, { clock, log })
  const { durable } = durability
  const checkpoints = createCheckpoints(db, { clock, log })
  const scrubber = createScrubber(db, { clock, log, checkpoints })
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
  const interfaces = createInterfaceChoice({
    initial: config.interfaces,
    listensAt: config.federationListen.host,
  })
  const listeners = createNodeListeners(config, interfaces.used, log)
  const domain = createDomain({
    config,
    settings,
    identity,
    log,
    clock,
    random,
    serversOfRooms,
    useCertificate: (tls) => listeners.federation()?.setCertificate(tls),
  })
  const certificateFiles = createCertificateFiles({
    files: config.tlsFiles,
    atStart: { cert: config.tlsCert ?? '', key: config.tlsKey ?? '' },
    use: (tls) => listeners.federation()?.setCertificate(tls),
    clock,
    log,
  })
  const servers = createNodeServers({
    config,
    serverName,
    signer,
    outboxStore,
    keyStore,
    peersDocument: openPeers(dataDir.path, z.unknown()),
    staticPeers,
    domain,
    neighbours,
    domainAllowed,
    durable,
    listeningPort: () => listeners.federation()?.port,
    rooms: () => rooms,
    keys: () => keys,
    clock,
    random,
    log,
  })
  const { peers, contacts, connections, client, remote, keyRing, outbox, deliveries, oneSided } = servers
  const domainCheck = createDomainCheck({
    signer,
    client,
    look: servers.look,
    candidates: () => whoLooksBack([...neighbours()], peers, serverName),
    nameOf: servers.nameOf,
    renewKeys: domain.renewKeys,
    wellKnownServer: domain.wellKnownServer,
    listening() {
      const at = listeners.federation()
      return at === undefined ? '' : `${urlHost(at.host)}:${at.port}`
    },
  })

  const live = createLiveSettings({
    settings,
    policy,
    interfaces,
    log,
    knownServers: () => [
      ...neighbours(),
      ...outboxStore.destinations(),
      ...peers.list().map((peer) => peer.server_name),
    ],
    rulesChanged: servers.rulesChanged,
    interfacesChosen: () => discovery.interfacesChosen(),
    changed() {
      nearbyChanged()
      rooms.presence.modeChanged()
    },
  })

  // -- rooms
  const notifier = createNotifier(store, clock)
  const textIndexer = createTextIndexer(store, { clock, log })
  const met = (destinations: readonly ServerName[]): void => {
    for (const destination of destinations) rooms.presence.met(destination)
  }
  const listener: RoomListener = {
    committed(change) {
      const safe = change.isOutgoing === true ? durable() : undefined
      if (safe === undefined) notifier.committed(change)
      // Whoever is woken has to wait for the disk as well, and what goes to other servers leaves first.
      else void safe.catch(() => undefined).then(() => notifier.committed(change))
      textIndexer.changed()
    },
    queueing(destinations) {
      const send = outbox.begin(destinations)
      return () => {
        send()
        met(destinations)
      }
    },
    queued(destinations) {
      outbox.wake(destinations)
      met(destinations)
    },
    redacted: (events) => removeUnusedMedia(events.map((event) => event.eventId)),
  }
  const keys: Keys = createKeys({
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
    identityKeyValid: createKeyValidity({
      dns: servers.dns,
      allowPrivateAddresses: config.allowPrivateAddresses,
    }),
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
    durable,
    dns: servers.dns,
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
    interfaces: interfaces.only,
    displayName: nearbyName,
    onNewAddress: servers.moved,
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
        measuring: servers.measuring,
        keyStore,
        outbox,
        outboxStore,
        outboxLook: createOutboxLook(db, serverName),
        rooms: () => roomsWithServers(),
        nameOf: (server) => peers.nameOf(server),
        allowed: domainAllowed,
        addresses: listeners.addresses,
        links: () => discovery.health(),
        clock,
        look: servers.look,
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
      refusing: servers.refusing,
      clock,
      serverName,
      accounts,
      owner,
      createLoginToken,
      exportIdentity: () => identity.export(),
      live,
      policy,
      interfaces,
      discovers: config.mdns,
      nearbyChanged,
      networkProblems: () => [
        ...networkProblems({
          links: discovery.health(),
          chosen: interfaces.only(),
          peers,
          oneSided,
          listener: listeners.federation(),
        }),
        ...[certificateFiles.problem()].filter((problem) => problem !== undefined),
        ...lostMessages(accounts.lostToDevice(), {
          ofServer: servers.nameOf,
          ofUser: (user) => accounts.profile(user)?.displayName ?? user,
          ofDevice: (user, deviceId) => accounts.device(user, deviceId)?.displayName,
        }),
      ],
      addresses: listeners.addresses,
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
    onInbound: servers.heardFrom,
    onDenied: traceDenied(store, clock),
    rateLimits: config.rateLimits,
    version: VERSION,
  })

  const serveClient = createClientSite(config, (request, env) => clientApp.fetch(request, env as object))

  return createNodeLife({
    config,
    identity,
    signer,
    listeners,
    apps: {
      client: durably(serveClient, durable),
      federation: durably((request, env) => federationApp.fetch(request, env as object), durable),
    },
    servers,
    discovery,
    live,
    certificateFiles,
    rooms,
    keys,
    media,
    previews,
    notifier,
    removeUnusedMedia,
    trace,
    scrubber,
    checkpoints,
    durability,
    textIndexer,
    store,
    db,
    dataDir,
    createLoginToken,
    clock,
    log,
  })
}
