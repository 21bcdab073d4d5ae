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
  /** When it was asked what it did not answer, monotonic; undefined since it answered. */
  missedSince: number | undefined
  /** Monotonic, as a clock that is set right must not put off anything. */
  nextProbe: number
  lastProbe: number
  probing: boolean
  /** Somebody said goodbye for it; one failed probe then is enough. */
  leaving: boolean
  /** It spoke to us since the last time that it answered us. */
  calledSince: number | undefined
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
    missedSince: undefined,
    nextProbe: 0,
    lastProbe: -Infinity,
    probing: false,
    leaving: false,
    calledSince: undefined,
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

/** Records are repeated at least every minute, for whoever asks. */
const recentMs = 150_000
/** A peer that is there answers more often than this. */
const answersEveryMs = 30_000

/** How a peer is there that does not answer: it calls us, or it announces itself; undefined if it is just away. */
export function silentPresence(peer: Peer, now: number): 'calls' | 'announces' | undefined {
  if (peer.reachable || peer.failures < 2) return undefined
  if (peer.calledSince !== undefined && now - peer.calledSince < recentMs) return 'calls'
  const announced = Math.max(
    ...peer.addresses.filter(({ source }) => source === 'mdns').map(({ learned }) => learned),
    Number.NEGATIVE_INFINITY,
  )
  const sinceAnswer = announced - (peer.lastSeen ?? Number.NEGATIVE_INFINITY)
  return now - announced < recentMs && sinceAnswer > answersEveryMs ? 'announces' : undefined
}
