import { fingerprintOf, publicKeyFromServerName } from './core/ids.ts'
import type { ServerName } from './core/types.ts'
import { Discovery, type LinkHealth, type PeerTable } from './federation/discovery/index.ts'
import type { Clock, Random } from './trace/clock.ts'
import type { Logger } from './trace/log.ts'

interface NodeDiscoveryParts {
  readonly serverName: ServerName
  readonly peers: PeerTable
  /** Names of the interfaces to use; undefined is all that lead to a network. */
  readonly interfaces: () => readonly string[] | undefined
  /** What people nearby see; undefined for no name. */
  readonly displayName: () => string | undefined
  /** A peer announced an address that was not known of it. */
  readonly onNewAddress: (server: ServerName) => void
  /** A record of a peer was heard on this interface. */
  readonly onHeard: (server: ServerName, on: string | undefined) => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

export type NodeDiscovery = ReturnType<typeof createNodeDiscovery>

/** Discovery, which begins only once the port is known; what it finds goes into the table of peers. */
export function createNodeDiscovery({
  serverName,
  peers,
  displayName,
  onNewAddress,
  ...parts
}: NodeDiscoveryParts) {
  let discovery: Discovery | undefined
  return {
    start(port: number): Promise<void> {
      const name = displayName()
      discovery = new Discovery({
        self: {
          instanceHint: fingerprintOf(serverName),
          id:
            publicKeyFromServerName(serverName) === undefined
              ? serverName
              : serverName.slice(0, serverName.indexOf('.')),
          port,
          ...(name === undefined ? {} : { displayName: name }),
        },
        ...parts,
        onPeer(hint) {
          parts.onHeard(hint.serverName, hint.interface)
          const details = { displayName: hint.displayName, ep: hint.ep }
          const added = hint.addresses.filter((at) => peers.learn(hint.serverName, at, 'mdns', details))
          if (added.length > 0) onNewAddress(hint.serverName)
        },
        onGone: (server) => peers.goodbye(server),
      })
      return discovery.start()
    },
    /** How it fares on each interface; undefined where it has not begun. */
    health(): readonly LinkHealth[] | undefined {
      return discovery?.health.list()
    },
    update(change: { displayName: string | undefined }): void {
      discovery?.update(change)
    },
    interfacesChosen(): void {
      discovery?.interfacesChosen()
    },
    networkChanged(): void {
      discovery?.networkChanged()
    },
    async stop(): Promise<void> {
      await discovery?.stop()
    },
  }
}
