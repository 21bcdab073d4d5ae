import type { CertificateFiles } from './certificate-files.ts'
import type { NodeConfig } from './config.ts'
import type { ServerName, Signer } from './core/types.ts'
import { watchNetwork } from './federation/discovery/index.ts'
import { createNodeCertificate } from './federation/tls/create-certificate.ts'
import type { Fetch } from './http/listener.ts'
import type { Trace } from './inspector/trace.ts'
import type { Keys } from './keys/api.ts'
import type { LiveSettings } from './live-settings.ts'
import type { NodeDiscovery } from './node-discovery.ts'
import type { NodeListeners } from './node-listeners.ts'
import type { NodeServers } from './node-servers.ts'
import type { Rooms } from './rooms/api.ts'
import type { RoomStore } from './rooms/ports.ts'
import type { DataDir } from './storage/data-dir.ts'
import type { Database } from './storage/database.ts'
import type { Identity } from './storage/documents/identity.ts'
import type { TextIndexer } from './storage/index-text.ts'
import type { Checkpoints } from './storage/checkpoints.ts'
import type { Durability } from './storage/durability.ts'
import type { Scrubber } from './storage/scrubber.ts'
import type { Clock } from './trace/clock.ts'
import type { Logger } from './trace/log.ts'

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

interface NodeLifeParts {
  readonly config: NodeConfig
  readonly identity: Identity
  readonly signer: Signer
  readonly listeners: NodeListeners
  readonly apps: { readonly client: Fetch; readonly federation: Fetch }
  readonly servers: NodeServers
  readonly discovery: NodeDiscovery
  readonly live: LiveSettings
  readonly certificateFiles: CertificateFiles
  readonly rooms: Pick<Rooms, 'resume' | 'presence' | 'stop'>
  readonly keys: Pick<Keys, 'start' | 'stop'>
  readonly media: { stop(): Promise<void> }
  readonly previews: { stop(): void }
  readonly notifier: { stop(): void }
  readonly removeUnusedMedia: () => void
  readonly trace: Pick<Trace, 'release' | 'stop'>
  readonly scrubber: Scrubber
  readonly checkpoints: Checkpoints
  readonly durability: Durability
  readonly textIndexer: TextIndexer
  readonly store: RoomStore
  readonly db: Database
  readonly dataDir: DataDir
  readonly createLoginToken: () => string
  readonly clock: Clock
  readonly log: Logger
}

/** What begins when the node starts, and the order in which it ends. */
export function createNodeLife(parts: NodeLifeParts): HearthNode {
  const { config, identity, listeners, servers, discovery, rooms, createLoginToken, clock, log } = parts
  const { connections, peers, outbox } = servers
  let stopWatching = (): void => undefined

  /** Old connections lead nowhere; everybody is asked anew, and told where we are. */
  function networkChanged(): void {
    connections.networkChanged()
    peers.networkChanged()
    discovery.networkChanged()
    outbox.resetAll()
    servers.greet()
  }

  async function stop(): Promise<void> {
    stopWatching()
    parts.live.stop()
    parts.certificateFiles.stop()
    await discovery.stop()
    parts.notifier.stop()
    parts.previews.stop()
    parts.trace.release()
    await servers.quiet()
    rooms.presence.stop()
    await servers.goodbye()
    await Promise.all([listeners.stop(), outbox.stop()])
    parts.keys.stop()
    await rooms.stop()
    await parts.media.stop()
    await connections.stop()
    parts.textIndexer.stop()
    parts.scrubber.stop()
    await parts.trace.stop()
    await parts.durability.stop()
    await parts.checkpoints.stop()
    parts.db.close()
    parts.dataDir.close()
  }

  return {
    async start() {
      try {
        if (config.tlsCert === undefined && identity.tls === undefined)
          identity.setTls(await createNodeCertificate(parts.signer))
        const tls =
          config.tlsCert !== undefined && config.tlsKey !== undefined
            ? { cert: config.tlsCert, key: config.tlsKey }
            : identity.tls
        const { federationPort } = await listeners.open({ ...parts.apps, tls })
        rooms
          .resume()
          .catch((error: unknown) => log.note('resuming failed', { error: String(error) }, 'error'))
        servers.start()
        parts.live.follow()
        parts.certificateFiles.follow()
        parts.keys.start()
        servers.greet()
        parts.removeUnusedMedia()
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
        parts.scrubber.soon()
        parts.textIndexer.start()
        if (config.mdns) {
          // Not awaited: the node is of use before, and where multicast is not to be had at all.
          discovery
            .start(federationPort)
            .catch((error: unknown) =>
              log.note('discovery is not available', { error: String(error) }, 'warn'),
            )
        }
      } catch (error) {
        await stop().catch((failed: unknown) =>
          log.note('stopping failed', { error: String(failed) }, 'warn'),
        )
        throw error
      }
    },
    info: () => ({
      server_name: parts.signer.serverName,
      client_url: listeners.clientUrl(),
      federation_url: listeners.federationUrl(),
      login_url: `${listeners.clientUrl()}/#/login?loginToken=${createLoginToken()}`,
    }),
    createLoginToken,
    networkChanged,
    stop,
  }
}
