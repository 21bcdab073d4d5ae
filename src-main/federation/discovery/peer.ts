import { fingerprintOf } from '../../core/ids.ts'
import type { ServerName } from '../../core/types.ts'
import { bestFirst } from './peer-addresses.ts'
import type { AddressSource, PeerAddress } from './peer-addresses.ts'

/** A row of the peer table. Times in ms since the epoch. */
export interface Peer {
  readonly serverName: ServerName
  displayName: string | undefined
  ep: string | undefined
  addresses: PeerAddress[]
  reachable: boolean
  lastSeen: number | undefined
  lastLearned: number
  failures: number
  /** Monotonic, as a clock that is set right must not put off anything. */
  nextProbe: number
  lastProbe: number
  probing: boolean
  /** Somebody said goodbye for it; one failed probe then is enough. */
  leaving: boolean
}

/** As `GET /_hearth/v1/peers` answers it, without `queued_events`. */
export interface PeerInfo {
  readonly server_name: ServerName
  readonly display_name: string | undefined
  readonly fingerprint: string
  readonly source: AddressSource
  /** `host:port`, best first. */
  readonly addresses: readonly string[]
  readonly reachable: boolean
  readonly last_seen_ts: number | undefined
}

export function newPeer(serverName: ServerName, now: number): Peer {
  return {
    serverName,
    displayName: undefined,
    ep: undefined,
    addresses: [],
    reachable: false,
    lastSeen: undefined,
    lastLearned: now,
    failures: 0,
    nextProbe: 0,
    lastProbe: -Infinity,
    probing: false,
    leaving: false,
  }
}

export function peerInfo(peer: Peer): PeerInfo {
  const addresses = bestFirst(peer.addresses)
  return {
    server_name: peer.serverName,
    display_name: peer.displayName,
    fingerprint: fingerprintOf(peer.serverName),
    source: addresses[0]?.source ?? 'remembered',
    addresses: addresses.map(({ host, port }) =>
      host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    ),
    reachable: peer.reachable,
    last_seen_ts: peer.lastSeen,
  }
}

/** Known from records alone: it never answered, and nobody entered it. */
export function isHearsay(peer: Peer): boolean {
  return peer.lastSeen === undefined && peer.addresses.every(({ source }) => source === 'mdns')
}
