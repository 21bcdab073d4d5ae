import { publicKeyFromServerName } from './core/ids.ts'
import type { ServerName } from './core/types.ts'
import type { ServerDeliveries } from './deliveries.ts'
import type { PeerChange, PeerTable } from './federation/discovery/index.ts'
import type { Connections } from './federation/out/connections.ts'
import type { Contacts } from './federation/out/contacts.ts'
import type { KeyRing } from './federation/out/key-ring.ts'
import type { Outbox } from './federation/out/outbox.ts'
import type { RefusingServers } from './federation/out/refusing-servers.ts'
import type { FederationRemote } from './federation/out/remote.ts'
import type { Keys } from './keys/api.ts'
import { learnName } from './learn-name.ts'
import { notePeer } from './node-trace.ts'
import type { OneSided } from './one-sided.ts'
import type { Rooms } from './rooms/api.ts'
import type { Logger } from './trace/log.ts'

interface ServerEventsParts {
  readonly peers: PeerTable
  readonly contacts: Contacts
  readonly connections: Connections
  readonly keyRing: KeyRing
  readonly outbox: Outbox
  readonly deliveries: ServerDeliveries
  readonly refusing: RefusingServers
  readonly remote: FederationRemote
  readonly oneSided: OneSided
  readonly greet: (only?: readonly ServerName[]) => void
  /** Leaves connections to addresses that do not answer any more. Never rejects. */
  readonly failOver: (server: ServerName) => Promise<void>
  readonly rooms: () => Pick<Rooms, 'askForNews' | 'presence' | 'serverBack'>
  readonly keys: () => Pick<Keys, 'back'>
  readonly log: Logger
}

/** What follows from what is noticed of another server. */
export interface ServerEvents {
  /** The peer table learned of it, or whether it answers. */
  readonly peerChanged: (change: PeerChange) => void
  /** Discovery heard it at another address. */
  readonly moved: (server: ServerName) => void
  /** A request of it came in and was valid; `from` is where it said to listen. */
  readonly heardFrom: (
    server: ServerName,
    from: { readonly host: string; readonly port: number } | undefined,
  ) => void
  /** The settings allow or deny it now. */
  readonly rulesChanged: (change: {
    readonly allowed: readonly ServerName[]
    readonly denied: readonly ServerName[]
  }) => void
}

export function createServerEvents(parts: ServerEventsParts): ServerEvents {
  const { peers, contacts, connections, keyRing, outbox, deliveries, oneSided, refusing, rooms, keys, log } =
    parts
  return {
    peerChanged({ kind, serverName: peer }) {
      notePeer(log, kind, peer, peers.candidates(peer))
      contacts.happened(peer, kind)
      if (kind === 'gone') {
        connections.lost(peer)
        rooms().presence.gone(peer)
      }
      if (kind === 'learned') {
        // Another run of it knows nothing of what the one before was told.
        rooms().presence.back(peer)
        // Or it has left a network.
        void parts.failOver(peer)
      }
      if (kind !== 'appeared') return
      keyRing.forgetFailures(peer)
      outbox.endCollecting(peer)
      oneSided.collector.hint(peer)
      rooms().askForNews([peer])
      outbox.resetBackoff(peer)
      rooms().presence.back(peer)
      keys().back(peer)
      rooms().serverBack(peer)
      void learnName(peers, parts.remote, peer, log)
    },
    moved(server) {
      notePeer(log, 'moved', server, peers.candidates(server))
      // What waits was put off because of where it was before.
      outbox.resetBackoff(server)
    },
    heardFrom(server, from) {
      if (from !== undefined && publicKeyFromServerName(server) !== undefined) {
        // It moved: what is under way to where it was would wait for an answer that never comes.
        if (peers.isElsewhere(server, from.host)) connections.lost(server)
        peers.learn(server, from, 'inbound')
      }
      peers.markSuccess(server)
      refusing.note(server, false)
      outbox.resetBackoff(server)
      rooms().presence.met(server)
      keys().back(server)
      rooms().serverBack(server)
    },
    rulesChanged({ allowed, denied }) {
      for (const server of denied) {
        connections.lost(server)
        rooms().presence.gone(server)
        deliveries.changed()
      }
      for (const server of allowed) {
        keyRing.forgetFailures(server)
        outbox.resetBackoff(server)
        rooms().presence.back(server)
      }
      // What waited for the rule to change goes now, here and on their side.
      outbox.wake(allowed)
      parts.greet(allowed)
    },
  }
}
