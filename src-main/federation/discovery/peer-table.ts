import { fingerprintOf } from '../../core/ids.ts'
import type { ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'
import { addAddress, bestFirst, recordFailure, recordSuccess } from './peer-addresses.ts'
import type { AddressSource, PeerAddress } from './peer-addresses.ts'
import { parseSnapshot, toSnapshot } from './peer-snapshot.ts'
import type { PeerSnapshot } from './peer-snapshot.ts'

export type { AddressSource, PeerAddress } from './peer-addresses.ts'
export type { PeerSnapshot } from './peer-snapshot.ts'

/** As `GET /_hearth/v1/peers` answers it, without `queued_events`. Times in ms since the epoch. */
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

export interface PeerChange {
  /** `appeared`: reachable now (or anew after a restart), so send what waits; `gone`: was reachable. */
  readonly kind: 'learned' | 'appeared' | 'gone' | 'removed'
  readonly serverName: ServerName
}

export interface PeerTableOptions {
  readonly clock: Clock
  /** Our own name, never listed. */
  readonly self?: ServerName | undefined
  /**
   * Asks the peer itself (`GET /_matrix/federation/v1/version`), verifying that it is the peer; true if it
   * answered. An error counts as no.
   */
  readonly probe?: ((serverName: ServerName) => Promise<boolean>) | undefined
  /** Keeps what should outlive this run; called some time after a change. */
  readonly persist?: ((snapshot: PeerSnapshot) => void) | undefined
  readonly limits?: { readonly peers?: number; readonly peersPerHost?: number } | undefined
}

interface Peer {
  readonly serverName: ServerName
  displayName: string | undefined
  ep: string | undefined
  addresses: PeerAddress[]
  reachable: boolean
  lastSeen: number | undefined
  lastLearned: number
  failures: number
  nextProbe: number
  lastProbe: number
  probing: boolean
  /** Somebody said goodbye for it; one failed probe then is enough. */
  leaving: boolean
}

const probeEveryMs = 10_000
const probeTimeoutMs = 5_000
const secondProbeMs = 1_000
const goodbyeProbeMs = 1_500
const leastBetweenProbesMs = 1_000
const longestBackoffMs = 5 * 60_000
const probesAtOnce = 8
/** A peer that only records speak of, and that never answered, is forgotten after so many probes. */
const unansweredProbes = 6
const tickMs = 500
const persistDelayMs = 2_000

/**
 * Where other servers may be reached, and which of them can be reached now. Hints come from anyone,
 * so only an answer of the peer itself makes it reachable, and only the lack of one ends that.
 */
export class PeerTable {
  private readonly options: PeerTableOptions
  private readonly peers = new Map<ServerName, Peer>()
  private readonly listeners = new Set<(change: PeerChange) => void>()
  private readonly limits: { peers: number; peersPerHost: number }
  private probesRunning = 0
  private running = false
  private cancelTick: (() => void) | undefined
  private cancelPersist: (() => void) | undefined

  constructor(options: PeerTableOptions) {
    this.options = options
    this.limits = { peers: options.limits?.peers ?? 512, peersPerHost: options.limits?.peersPerHost ?? 64 }
  }

  /** Begins probing. */
  start(): void {
    if (this.running) return
    this.running = true
    this.tick()
  }

  stop(): void {
    this.running = false
    this.cancelTick?.()
    if (this.cancelPersist !== undefined) this.persistNow()
  }

  /** An address at which `serverName` may be; `details` as a discovery record gives them. */
  learn(
    serverName: ServerName,
    address: { host: string; port: number },
    source: AddressSource,
    details: { displayName?: string | undefined; ep?: string | undefined } = {},
  ): void {
    if (serverName === this.options.self) return
    const now = this.options.clock.now()
    const peer = this.peers.get(serverName) ?? this.add(serverName, address.host, source)
    if (peer === undefined) return
    peer.lastLearned = now
    const isNew = addAddress(peer.addresses, { ...address, source, learned: now })
    const renewed = details.ep !== undefined && details.ep !== peer.ep
    if (source === 'mdns') {
      peer.ep = details.ep ?? peer.ep
      peer.displayName = details.displayName
    }
    if (isNew || renewed) {
      peer.leaving = false
      peer.failures = 0
      this.probeSoon(peer, 0)
      this.emit('learned', serverName)
      if (source !== 'mdns') this.persistSoon()
    }
  }

  /** A goodbye was heard. Anyone can forge one, so the peer is asked before it is believed. */
  goodbye(serverName: ServerName): void {
    const peer = this.peers.get(serverName)
    if (peer === undefined) return
    peer.leaving = true
    this.probeSoon(peer, goodbyeProbeMs)
  }

  /** Addresses to dial, best first. */
  candidates(
    serverName: ServerName,
  ): { host: string; port: number; source: AddressSource; lastSuccess?: number }[] {
    return bestFirst(this.peers.get(serverName)?.addresses ?? []).map(
      ({ host, port, source, lastSuccess }) => ({
        host,
        port,
        source,
        ...(lastSuccess === undefined ? {} : { lastSuccess }),
      }),
    )
  }

  /**
   * A connection to the peer succeeded, at `address`. Without an address: it authenticated itself to us, so it
   * is there, and is asked at once whether it can be reached too (a firewall may let only one side dial).
   */
  markSuccess(serverName: ServerName, address?: { host: string; port: number }): void {
    const peer = this.peers.get(serverName)
    if (peer === undefined) return
    if (address === undefined) {
      peer.lastSeen = this.options.clock.now()
      if (!peer.reachable) this.probeSoon(peer, 0)
      return
    }
    if (recordSuccess(peer.addresses, address, this.options.clock.now())) this.persistSoon()
    this.answered(peer)
  }

  /** A connection to this address failed; without an address, a request to the peer did. */
  markFailure(serverName: ServerName, address?: { host: string; port: number }): void {
    const peer = this.peers.get(serverName)
    if (peer === undefined) return
    if (address !== undefined) recordFailure(peer.addresses, address, this.options.clock.now())
    // One failed request says little; the probe decides.
    if (peer.reachable) this.probeSoon(peer, 0)
  }

  isReachable(serverName: ServerName): boolean {
    return this.peers.get(serverName)?.reachable ?? false
  }

  list(): PeerInfo[] {
    return [...this.peers.values()].map((peer) => {
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
    })
  }

  /** Returns what unsubscribes. Listeners must not throw. */
  onChange(listener: (change: PeerChange) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** The network changed or the machine woke up: everything known is asked again. */
  networkChanged(): void {
    for (const peer of this.peers.values()) {
      peer.failures = 0
      this.probeSoon(peer, 0)
    }
  }

  /** What `peers.json` keeps: peers that once answered or were entered by hand. */
  snapshot(): PeerSnapshot {
    return toSnapshot(this.peers.values())
  }

  /** Takes back a snapshot; whatever does not have its shape is ignored. */
  restore(snapshot: unknown): void {
    for (const saved of parseSnapshot(snapshot)) {
      if (saved.serverName === this.options.self) continue
      const [first] = saved.addresses
      if (first === undefined || this.peers.has(saved.serverName)) continue
      const peer = this.add(saved.serverName, first.host, 'remembered')
      if (peer === undefined) return
      peer.displayName = saved.displayName
      peer.lastSeen = saved.lastSeen
      for (const address of saved.addresses) addAddress(peer.addresses, address)
    }
  }

  private add(serverName: ServerName, host: string, source: AddressSource): Peer | undefined {
    if (source === 'mdns' && this.peersOnlyHeardOfAt(host) >= this.limits.peersPerHost) return undefined
    if (this.peers.size >= this.limits.peers && !this.evict()) return undefined
    const peer: Peer = {
      serverName,
      displayName: undefined,
      ep: undefined,
      addresses: [],
      reachable: false,
      lastSeen: undefined,
      lastLearned: this.options.clock.now(),
      failures: 0,
      nextProbe: 0,
      lastProbe: -Infinity,
      probing: false,
      leaving: false,
    }
    this.peers.set(serverName, peer)
    return peer
  }

  private peersOnlyHeardOfAt(host: string): number {
    let count = 0
    for (const peer of this.peers.values()) {
      if (isHearsay(peer) && peer.addresses.some((address) => address.host === host)) count += 1
    }
    return count
  }

  /** Makes room: the peer that was only heard of, longest ago; then any that is not reachable or static. */
  private evict(): boolean {
    let victim: Peer | undefined
    const rank = (peer: Peer): number => (isHearsay(peer) ? 0 : 1)
    for (const peer of this.peers.values()) {
      if (peer.reachable || peer.addresses.some(({ source }) => source === 'static' || source === 'link'))
        continue
      if (
        victim === undefined ||
        rank(peer) < rank(victim) ||
        (rank(peer) === rank(victim) && peer.lastLearned < victim.lastLearned)
      ) {
        victim = peer
      }
    }
    if (victim === undefined) return false
    this.remove(victim)
    return true
  }

  private remove(peer: Peer): void {
    this.peers.delete(peer.serverName)
    this.emit('removed', peer.serverName)
  }

  private probeSoon(peer: Peer, delay: number): void {
    // However fast records change, a peer is not asked more often than this.
    peer.nextProbe = Math.max(this.options.clock.now() + delay, peer.lastProbe + leastBetweenProbesMs)
    if (delay === 0 && this.running) this.probeDue()
  }

  private tick(): void {
    if (!this.running) return
    this.probeDue()
    this.cancelTick = this.options.clock.setTimeout(() => this.tick(), tickMs)
  }

  /** Those that answered before come first, so that forged names cannot hold up real peers. */
  private probeDue(): void {
    const probe = this.options.probe
    if (probe === undefined) return
    const now = this.options.clock.now()
    const due = [...this.peers.values()].filter((peer) => !peer.probing && peer.nextProbe <= now)
    due.sort((a, b) => (b.lastSeen ?? 0) - (a.lastSeen ?? 0) || b.lastLearned - a.lastLearned)
    for (const peer of due) {
      if (this.probesRunning >= probesAtOnce) return
      this.probesRunning += 1
      peer.probing = true
      peer.lastProbe = now
      void this.ask(probe, peer.serverName).then((answered) => {
        this.probesRunning -= 1
        peer.probing = false
        if (this.peers.get(peer.serverName) === peer) this.probed(peer, answered)
        if (this.running) this.probeDue()
      })
    }
  }

  /** Never rejects; no answer within the time is no answer. */
  private ask(probe: (serverName: ServerName) => Promise<boolean>, serverName: ServerName): Promise<boolean> {
    let cancel: (() => void) | undefined
    const timeout = new Promise<boolean>((resolve) => {
      cancel = this.options.clock.setTimeout(() => resolve(false), probeTimeoutMs)
    })
    const answer = probe(serverName).catch(() => false)
    return Promise.race([answer, timeout]).finally(() => cancel?.())
  }

  private answered(peer: Peer): void {
    const now = this.options.clock.now()
    peer.lastSeen = now
    peer.failures = 0
    peer.leaving = false
    peer.nextProbe = now + probeEveryMs
    if (!peer.reachable) {
      peer.reachable = true
      this.persistSoon()
      this.emit('appeared', peer.serverName)
    }
  }

  private probed(peer: Peer, answered: boolean): void {
    if (answered) {
      this.answered(peer)
      return
    }
    const now = this.options.clock.now()
    // It spoke to us while we asked.
    if (peer.reachable && !peer.leaving && peer.nextProbe > now) return
    peer.failures += 1
    if (peer.reachable && !peer.leaving && peer.failures < 2) {
      this.probeSoon(peer, secondProbeMs)
      return
    }
    const wasReachable = peer.reachable
    peer.reachable = false
    peer.nextProbe = now + Math.min(longestBackoffMs, probeEveryMs * 2 ** Math.min(peer.failures - 1, 10))
    if (wasReachable) this.emit('gone', peer.serverName)
    if (peer.leaving) {
      peer.addresses = peer.addresses.filter((at) => at.source !== 'mdns' || at.lastSuccess !== undefined)
    }
    peer.leaving = false
    if (peer.addresses.length === 0 || (isHearsay(peer) && peer.failures >= unansweredProbes))
      this.remove(peer)
  }

  private emit(kind: PeerChange['kind'], serverName: ServerName): void {
    for (const listener of this.listeners) listener({ kind, serverName })
  }

  private persistSoon(): void {
    if (this.options.persist === undefined || this.cancelPersist !== undefined) return
    this.cancelPersist = this.options.clock.setTimeout(() => this.persistNow(), persistDelayMs)
  }

  private persistNow(): void {
    this.cancelPersist?.()
    this.cancelPersist = undefined
    this.options.persist?.(this.snapshot())
  }
}

/** Known from records alone: it never answered, and nobody entered it. */
function isHearsay(peer: Peer): boolean {
  return peer.lastSeen === undefined && peer.addresses.every(({ source }) => source === 'mdns')
}
