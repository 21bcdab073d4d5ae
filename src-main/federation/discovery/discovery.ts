import { networkInterfaces } from 'node:os'
import type { NetworkInterfaceInfo } from 'node:os'
import { asServerName, publicKeyFromServerName } from '../../core/ids.ts'
import type { ServerName } from '../../core/types.ts'
import type { Clock, Random } from '../../trace/clock.ts'
import type { Logger } from '../../trace/log.ts'
import { DiscoveryHealth } from './health.ts'
import { interfaceKey, usableInterfaces } from './interfaces.ts'
import type { LanInterface } from './interfaces.ts'
import { Link } from './link.ts'
import type { ServiceRecord } from './link.ts'
import { protocolVersion } from './packets.ts'
import type { Announcement, Heard } from './packets.ts'

export interface PeerHint {
  /** The `id` of the record: a key-derived label, or a domain. */
  readonly serverId: string
  readonly serverName: ServerName
  /** Best first: where the packet came from, then what the record says. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[]
  /** Changes when the peer started anew or its network changed. */
  readonly ep: string
  readonly displayName?: string | undefined
  readonly interface?: string | undefined
}

export interface DiscoveryOptions {
  readonly self: {
    /** Start of the instance name: the first 8 characters of the label, or something as short. */
    readonly instanceHint: string
    /** The label of a key-derived name, or the domain. */
    readonly id: string
    readonly port: number
    /** Only when the owner turned "visible nearby" on. */
    readonly displayName?: string | undefined
  }
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** A hint, which anyone can forge. Repeated while the peer announces itself. */
  readonly onPeer: (hint: PeerHint) => void
  /** Somebody says that this peer left; as little to be trusted. */
  readonly onGone: (serverName: ServerName) => void
  /** Exactly these interfaces, by name; undefined chooses real networks. Asked at every look. */
  readonly interfaces?: (() => readonly string[] | undefined) | undefined
  /** For tests: another group and port than mDNS's own, and a stand-in for the system's list. */
  readonly mdns?: { readonly group: string; readonly port: number } | undefined
  readonly listInterfaces?: (() => NodeJS.Dict<NetworkInterfaceInfo[]>) | undefined
}

const compareEveryMs = 5_000
const settleMs = 1_000
const announceAtMs = [0, 1_000, 3_000]
const announceEveryMs = 5 * 60_000
const queryDelaysMs = [0, 1_000, 3_000, 9_000, 27_000]
const queryEveryMs = 60_000
/** Instances whose goodbye would be understood; the oldest is forgotten first. */
const maxInstances = 512

/**
 * mDNS discovery of `_hearth._tcp` on every usable network at once. `bonjour-service` publishes on
 * each; listening, asking, repeating and following the network's changes are done here, as the
 * library does them on one interface, once.
 */
export class Discovery {
  private readonly options: DiscoveryOptions
  private readonly instance: string
  private readonly launch: string
  private readonly mdns: { readonly group: string; readonly port: number }
  private readonly links = new Map<string, Link>()
  /** How it fares on each interface. */
  readonly health: DiscoveryHealth
  private readonly instances = new Map<string, ServerName>()
  private readonly timers = new Set<() => void>()
  private readonly insisting: (() => void)[] = []
  private displayName: string | undefined
  private counter = 0
  private running = false
  /** Interface changes run one after the other. */
  private work: Promise<void> = Promise.resolve()
  private cancelSettle: (() => void) | undefined

  constructor(options: DiscoveryOptions) {
    this.options = options
    this.health = new DiscoveryHealth(options.clock)
    this.instance = `${options.self.instanceHint.slice(0, 16)}-${options.random.token(8).replace(/[-_]/g, '0')}`
    this.launch = options.random.token(8)
    this.mdns = options.mdns ?? { group: '224.0.0.251', port: 5353 }
    this.displayName = options.self.displayName
  }

  /** Resolves when the first announcement is on its way; a machine without network is no error. */
  async start(): Promise<void> {
    if (this.running) return
    this.running = true
    await this.enqueue(() => this.followInterfaces(false))
    this.every(compareEveryMs, () => this.inBackground(() => this.followInterfaces(false)))
    this.every(announceEveryMs, () => this.eachLink((link) => link.announce()))
    this.every(queryEveryMs, () => this.eachLink((link) => link.query()))
  }

  /** Says goodbye on all networks; resolves when it is sent. */
  async stop(): Promise<void> {
    if (!this.running) return
    this.running = false
    this.cancelSettle?.()
    for (const cancel of this.timers) cancel()
    this.timers.clear()
    await this.enqueue(async () => {
      const links = [...this.links.values()]
      this.links.clear()
      await Promise.all(links.map((link) => link.close()))
    })
  }

  /** The system resumed, or says that the network changed: rebuilds everything once it has settled. */
  networkChanged(): void {
    if (!this.running) return
    this.cancelSettle?.()
    this.cancelSettle = this.options.clock.setTimeout(
      () => this.inBackground(() => this.followInterfaces(true)),
      settleMs,
    )
  }

  /** Other interfaces are to be used: says goodbye on those that are not, and announces on the others. */
  interfacesChosen(): void {
    this.inBackground(() => this.followInterfaces(false))
  }

  /** Publishes under another display name, or none. */
  update(change: { displayName: string | undefined }): void {
    this.displayName = change.displayName
    this.counter += 1
    this.eachLink((link) => link.publish(this.record()))
  }

  private async followInterfaces(rebuild: boolean): Promise<void> {
    if (!this.running) return
    const all = (this.options.listInterfaces ?? networkInterfaces)()
    const wanted = new Map(
      usableInterfaces(all, this.options.interfaces?.()).map((at) => [interfaceKey(at), at]),
    )
    this.health.keep(wanted)
    const stale = [...this.links.keys()].filter((key) => rebuild || !wanted.has(key))
    const fresh = [...wanted].filter(([key]) => rebuild || !this.links.has(key))
    await Promise.all(stale.map((key) => this.closeLink(key)))
    let opened = 0
    for (const [key, at] of fresh) if (await this.openLink(key, at)) opened += 1
    // One that cannot be opened, again and again, is no news to others.
    if (stale.length === 0 && opened === 0) return
    this.counter += 1
    for (const link of this.links.values()) link.publish(this.record())
    this.insist()
  }

  /** Announces and asks several times, as packets get lost and others may still be starting; in place of before. */
  private insist(): void {
    for (const cancel of this.insisting.splice(0)) cancel()
    for (const delay of announceAtMs.slice(1))
      this.insisting.push(this.after(delay, () => this.eachLink((link) => link.announce())))
    let at = 0
    for (const delay of queryDelaysMs)
      this.insisting.push(this.after((at += delay), () => this.eachLink((link) => link.query())))
  }

  /** False where it could not be had. */
  private async openLink(key: string, at: LanInterface): Promise<boolean> {
    const { clock, log } = this.options
    const link = new Link({
      at,
      mdns: this.mdns,
      clock,
      log,
      onHeard: (heard, from) => this.heard(heard, from, at),
      onAsked: (error) => this.health.sent(at, error),
      onBroken: () => this.inBackground(() => this.closeLink(key)),
    })
    try {
      await link.open()
      this.links.set(key, link)
      this.health.opened(at)
      log.note('discovery on interface', { interface: at.name, address: at.address })
      return true
    } catch (error) {
      // Tried again at the next comparison: another program may hold the port, or the network is not up yet.
      const level = this.health.failed(at, String(error)) ? 'warn' : 'debug'
      log.note('no discovery on interface', { interface: at.name, reason: String(error) }, level)
      await link.close()
      return false
    }
  }

  private async closeLink(key: string): Promise<void> {
    const link = this.links.get(key)
    this.links.delete(key)
    await link?.close()
  }

  private heard(heard: Heard, from: string, at: LanInterface): void {
    if (!this.running) return
    for (const instance of heard.goodbyes) {
      const serverName = this.instances.get(instance)
      this.instances.delete(instance)
      if (serverName !== undefined) this.options.onGone(serverName)
    }
    for (const announcement of heard.announcements) this.announced(announcement, from, at)
  }

  private announced(said: Announcement, from: string, at: LanInterface): void {
    const serverName = serverNameOfId(said.id)
    if (said.instance.startsWith(`${this.instance.toLowerCase()}.`)) this.health.heard(at, 'self')
    if (serverName === undefined || said.id === this.options.self.id) return
    this.health.heard(at, 'other')
    this.instances.delete(said.instance)
    this.instances.set(said.instance, serverName)
    const [oldest] = this.instances.keys()
    if (this.instances.size > maxInstances && oldest !== undefined) this.instances.delete(oldest)

    const hosts = new Set([from, ...said.addresses])
    this.options.onPeer({
      serverId: said.id,
      serverName,
      addresses: [...hosts].map((host) => ({ host, port: said.port })),
      ep: said.ep,
      displayName: said.displayName,
      interface: at.name,
    })
  }

  private record(): ServiceRecord {
    const { id, port } = this.options.self
    const name = truncateBytes(this.displayName ?? '', 200)
    return {
      instance: this.instance,
      host: `${publicKeyFromServerName(`${id}.local`) === undefined ? this.instance : id}.local`,
      port,
      txt: {
        txtvers: '1',
        id,
        pv: protocolVersion,
        ep: `${this.launch}.${this.counter}`,
        ...(name === '' ? {} : { n: name }),
      },
    }
  }

  private eachLink(act: (link: Link) => void): void {
    for (const link of this.links.values()) act(link)
  }

  private enqueue(job: () => Promise<void>): Promise<void> {
    const run = this.work.then(job)
    this.work = run.catch(() => undefined)
    return run
  }

  private inBackground(job: () => Promise<void>): void {
    this.options.log.detach('discovery', {}, () => this.enqueue(job))
  }

  /** Returns what cancels it. */
  private after(ms: number, act: () => void): () => void {
    const cancel = this.options.clock.setTimeout(() => {
      this.timers.delete(cancel)
      if (this.running) act()
    }, ms)
    this.timers.add(cancel)
    return () => {
      this.timers.delete(cancel)
      cancel()
    }
  }

  private every(ms: number, act: () => void): void {
    this.after(ms, () => {
      this.every(ms, act)
      act()
    })
  }
}

/** The label's checksum is verified; anything else must at least be a server name. */
function serverNameOfId(id: string): ServerName | undefined {
  const derived = `${id}.local`
  if (publicKeyFromServerName(derived) !== undefined) return derived as ServerName
  // A key with a wrong checksum is not taken for a host name.
  return /^[a-z2-7]{56}(\.local)?$/i.test(id) ? undefined : asServerName(id)
}

function truncateBytes(text: string, max: number): string {
  let out = ''
  let bytes = 0
  for (const char of text) {
    bytes += Buffer.byteLength(char)
    if (bytes > max) break
    out += char
  }
  return out
}
