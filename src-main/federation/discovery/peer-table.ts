import type { ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'
import { isHearsay, newPeer, peerInfo, silentPresence } from './peer.ts'
import type { Peer, PeerInfo } from './peer.ts'
import { addAddress, bestFirst, recordFailure, recordSuccess } from './peer-addresses.ts'
import type { AddressSource } from './peer-addresses.ts'
import { PeerProber } from './peer-prober.ts'
import { parseSnapshot, toSnapshot } from './peer-snapshot.ts'
import type { PeerSnapshot } from './peer-snapshot.ts'

export type { AddressSource, PeerAddress } from './peer-addresses.ts'
export type { PeerInfo } from './peer.ts'
export type { PeerSnapshot } from './peer-snapshot.ts'

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
  /** Whether the peer's machine takes connections at all; sooner than a probe gives up. Never rejects. */
  readonly connects?: ((serverName: ServerName) => Promise<boolean>) | undefined
  /** Keeps what should outlive this run; called some time after a change, and again where it throws. */
  readonly persist?: ((snapshot: PeerSnapshot) => void) | undefined
  /** `persist` threw, and nobody waits for it. */
  readonly onNotPersisted?: ((error: unknown) => void) | undefined
  /** A peer that missed an answer at `since` (monotonic) gives one again, and was never gone in between. */
  readonly regained?: ((serverName: ServerName, since: number) => void) | undefined
  /** Something waits to be sent to this peer. */
  readonly awaited?: ((serverName: ServerName) => boolean) | undefined
  readonly limits?: { readonly peers?: number; readonly peersPerHost?: number } | undefined
}

const probeEveryMs = 10_000
const secondProbeMs = 1_000
const goodbyeProbeMs = 1_500
const longestBackoffMs = 5 * 60_000
const missedProbeMs = 1_000
const missedForMs = 30 * 60_000
/** A peer that only records speak of, and that never answered, is forgotten after so many probes. */
const unansweredProbes = 6
const persistDelayMs = 2_000
/** A disk that is full stays so for a while. */
const persistAgainMs = 30_000

/**
 * Where other servers may be reached, and which of them can be reached now. Hints come from anyone,
 * so only an answer of the peer itself makes it reachable, and only the lack of one ends that.
 */
export class PeerTable {
  private readonly options: PeerTableOptions
  private readonly peers = new Map<ServerName, Peer>()
  private readonly listeners = new Set<(change: PeerChange) => void>()
  private readonly limits: { peers: number; peersPerHost: number }
  private readonly prober: PeerProber
  private cancelPersist: (() => void) | undefined

  constructor(options: PeerTableOptions) {
    this.options = options
    this.prober = new PeerProber({
      clock: options.clock,
      probe: options.probe,
      peers: () => this.peers.values(),
      onResult: (peer, answered) => this.probed(peer, answered),
    })
    this.limits = { peers: options.limits?.peers ?? 512, peersPerHost: options.limits?.peersPerHost ?? 64 }
  }

  /** Begins probing. */
  start(): void {
    this.prober.start()
  }

  stop(): void {
    this.prober.stop()
    if (this.cancelPersist !== undefined) this.persistUnasked()
    this.cancelPersist?.()
  }

  /**
   * An address at which `serverName` may be; `details` as a discovery record gives them. True where it was not
   * known of it, and is now. What a person gives (`link`) is kept when this returns; throws where it cannot be.
   */
  learn(
    serverName: ServerName,
    address: { host: string; port: number },
    source: AddressSource,
    details: { displayName?: string | undefined; ep?: string | undefined } = {},
  ): boolean {
    if (serverName === this.options.self) return false
    const now = this.options.clock.now()
    const peer = this.peers.get(serverName) ?? this.add(serverName, address.host, source)
    if (peer === undefined) return false
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
      this.prober.soon(peer, 0)
      this.emit('learned', serverName)
      if (source !== 'mdns') this.persistSoon()
    }
    if (source === 'link') this.persistNow()
    return isNew
  }

  /** The name of the peer's owner, asked of the peer itself; discovery's word is newer when it comes. */
  named(serverName: ServerName, displayName: string): void {
    const peer = this.peers.get(serverName)
    if (peer !== undefined) peer.displayName = displayName
  }

  nameOf(serverName: ServerName): string | undefined {
    return this.peers.get(serverName)?.displayName
  }

  /** A goodbye was heard. Anyone can forge one, so the peer is asked before it is believed. */
  goodbye(serverName: ServerName): void {
    const peer = this.peers.get(serverName)
    if (peer === undefined) return
    peer.leaving = true
    this.prober.soon(peer, goodbyeProbeMs)
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

  /** Addresses of it are known, and none of them is at `host`. */
  isElsewhere(serverName: ServerName, host: string): boolean {
    const known = this.peers.get(serverName)?.addresses ?? []
    return known.length > 0 && !known.some((each) => each.host === host)
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
      if (!peer.reachable) {
        peer.calledSince = peer.lastSeen
        this.prober.soon(peer, 0)
      }
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
    if (peer.reachable) this.prober.soon(peer, 0)
  }

  /**
   * A request to the peer goes unanswered for seconds. It is asked at once; and where not even its system takes a
   * call, no second question is needed: a firewall swallows what is sent, or the machine is gone.
   */
  suspect(serverName: ServerName): void {
    const peer = this.peers.get(serverName)
    if (peer?.reachable !== true) return
    this.prober.soon(peer, 0)
    const since = this.options.clock.monotonic()
    void this.options.connects?.(serverName).then((taken) => {
      if (taken || !peer.reachable) return
      peer.failures = Math.max(peer.failures, 1)
      peer.missedSince ??= since
    })
  }

  /** False where a peer is known there that does not answer. */
  reachesAddress(at: { host: string; port: number }): boolean {
    for (const { reachable, failures, addresses } of this.peers.values())
      if (!reachable && failures > 0 && addresses.some((one) => one.host === at.host && one.port === at.port))
        return false
    return true
  }

  knows(serverName: ServerName): boolean {
    return this.peers.has(serverName)
  }

  isReachable(serverName: ServerName): boolean {
    return this.peers.get(serverName)?.reachable ?? false
  }

  list(): PeerInfo[] {
    return [...this.peers.values()].map(peerInfo)
  }

  /** Peers that are there and yet do not answer us: a firewall stands between, theirs or ours. */
  silent(): { readonly serverName: ServerName; readonly presence: 'calls' | 'announces' }[] {
    const now = this.options.clock.now()
    return [...this.peers.values()].flatMap((peer) => {
      const presence = silentPresence(peer, now)
      return presence === undefined ? [] : [{ serverName: peer.serverName, presence }]
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
      this.prober.soon(peer, 0)
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
    if (source === 'inbound' && this.peersThatOnlyCalledFrom(host) >= this.limits.peersPerHost)
      return undefined
    if (this.peers.size >= this.limits.peers && !this.evict()) return undefined
    const peer = newPeer(serverName, this.options.clock.now())
    this.peers.set(serverName, peer)
    return peer
  }

  /** Whoever has one key can have a thousand: names of one host that never answered there are limited. */
  private peersThatOnlyCalledFrom(host: string): number {
    let count = 0
    for (const { addresses } of this.peers.values()) {
      const called = addresses.some((each) => each.source === 'inbound' && each.host === host)
      if (called && addresses.every((each) => each.lastSuccess === undefined)) count += 1
    }
    return count
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

  private answered(peer: Peer): void {
    const now = this.options.clock.now()
    peer.lastSeen = now
    peer.failures = 0
    peer.leaving = false
    peer.calledSince = undefined
    peer.nextProbe = this.options.clock.monotonic() + probeEveryMs
    const { missedSince } = peer
    peer.missedSince = undefined
    if (peer.reachable && missedSince !== undefined) this.options.regained?.(peer.serverName, missedSince)
    if (!peer.reachable) {
      peer.reachable = true
      this.persistSoon()
      this.emit('appeared', peer.serverName)
    }
  }

  private probed(peer: Peer, answered: boolean): void {
    // Forgotten meanwhile.
    if (this.peers.get(peer.serverName) !== peer) return
    if (answered) {
      this.answered(peer)
      return
    }
    const now = this.options.clock.monotonic()
    // It spoke to us while we asked.
    if (peer.reachable && !peer.leaving && peer.nextProbe > now) return
    peer.failures += 1
    peer.missedSince ??= peer.lastProbe
    if (peer.reachable && !peer.leaving && peer.failures < 2) {
      this.prober.soon(peer, secondProbeMs)
      return
    }
    const wasReachable = peer.reachable
    peer.reachable = false
    const backoff = Math.min(longestBackoffMs, probeEveryMs * 2 ** Math.min(peer.failures - 1, 10))
    peer.nextProbe = now + (this.isMissed(peer) ? missedProbeMs : backoff)
    if (wasReachable) this.emit('gone', peer.serverName)
    if (peer.leaving) {
      // What is not announced any more is at best remembered.
      peer.addresses = peer.addresses.filter((at) => at.source !== 'mdns' || at.lastSuccess !== undefined)
      for (const at of peer.addresses) if (at.source === 'mdns') at.source = 'remembered'
    }
    peer.leaving = false
    if (peer.addresses.length === 0 || (isHearsay(peer) && peer.failures >= unansweredProbes))
      this.remove(peer)
  }

  /** It was here just now, and something waits for it: a cable that is plugged in again should be noticed at once. */
  private isMissed(peer: Peer): boolean {
    const away = this.options.clock.now() - (peer.lastSeen ?? Number.NEGATIVE_INFINITY)
    return away < missedForMs && this.options.awaited?.(peer.serverName) === true
  }

  private emit(kind: PeerChange['kind'], serverName: ServerName): void {
    for (const listener of this.listeners) listener({ kind, serverName })
  }

  private persistSoon(ms = persistDelayMs): void {
    if (this.options.persist === undefined || this.cancelPersist !== undefined) return
    this.cancelPersist = this.options.clock.setTimeout(() => this.persistUnasked(), ms)
  }

  private persistUnasked(): void {
    try {
      this.persistNow()
    } catch (error) {
      this.options.onNotPersisted?.(error)
    }
  }

  private persistNow(): void {
    this.cancelPersist?.()
    this.cancelPersist = undefined
    try {
      this.options.persist?.(this.snapshot())
    } catch (error) {
      this.persistSoon(persistAgainMs)
      throw error
    }
  }
}
