import { createSocket } from 'node:dgram'
import type { RemoteInfo, Socket } from 'node:dgram'
import { Bonjour } from 'bonjour-service'
import type { Clock } from '../../trace/clock.ts'
import type { Logger } from '../../trace/log.ts'
import { GuardedSocket } from './guarded-socket.ts'
import { isIpv6, multicastInterface, onSameSubnet } from './interfaces.ts'
import type { LanInterface } from './interfaces.ts'
import { asksForService, decodePacket, readResponse, serviceQuery } from './packets.ts'
import type { Heard } from './packets.ts'

export interface ServiceRecord {
  readonly instance: string
  readonly host: string
  readonly port: number
  readonly txt: { readonly [key: string]: string }
}

export interface LinkOptions {
  readonly at: LanInterface
  readonly mdns: { readonly group: string; readonly port: number }
  readonly clock: Clock
  readonly log: Logger
  readonly onHeard: (heard: Heard, from: string, at: LanInterface) => void
  /** A question went out, or could not. */
  readonly onAsked: (error: string | undefined) => void
  /** The socket failed; the link is dead and should be closed and opened again. */
  readonly onBroken: () => void
}

/** Packets a second that are looked at; a flood beyond that is dropped unread. */
const packetsPerSecond = 200
/** Answers a second; several people asking at once are served by one, as it goes to all. */
const answersPerSecond = 5
const goodbyeTimeoutMs = 500
/** RFC 6762, section 3. */
const GROUP_IPV6 = 'ff02::fb'

/** mDNS on one interface: hears others, and publishes at most one service through `bonjour-service`. */
export class Link {
  private readonly options: LinkOptions
  private readonly socket: Socket
  private readonly mdns: LinkOptions['mdns']
  private readonly packets: RateLimit
  private readonly answers: RateLimit
  private publication: { bonjour: Bonjour; guard: GuardedSocket } | undefined
  private closed = false

  constructor(options: LinkOptions) {
    this.options = options
    this.packets = new RateLimit(options.clock, packetsPerSecond)
    this.answers = new RateLimit(options.clock, answersPerSecond)
    this.mdns = isIpv6(options.at) ? { ...options.mdns, group: GROUP_IPV6 } : options.mdns
    this.socket = createSocket(
      isIpv6(options.at)
        ? { type: 'udp6', reuseAddr: true, ipv6Only: true }
        : { type: 'udp4', reuseAddr: true },
    )
  }

  /** Rejects if the port or the group cannot be had. */
  async open(): Promise<void> {
    const { at, log } = this.options
    const { mdns } = this
    await new Promise<void>((resolve, reject) => {
      this.socket.once('error', reject)
      // Bound to all addresses: bound to the interface's own, Linux delivers no multicast.
      this.socket.bind(mdns.port, isIpv6(at) ? '::' : '0.0.0.0', () => {
        this.socket.off('error', reject)
        resolve()
      })
    })
    this.socket.on('error', (error) => {
      log.note('mdns socket failed', { interface: at.name, reason: error.message }, 'warn')
      if (!this.closed) this.options.onBroken()
    })
    this.socket.addMembership(mdns.group, multicastInterface(at))
    this.socket.setMulticastInterface(multicastInterface(at))
    this.socket.setMulticastTTL(255)
    // Other nodes on this machine are peers too.
    this.socket.setMulticastLoopback(true)
    this.socket.on('message', (bytes, from) => this.receive(bytes, from))
    this.socket.unref()
  }

  /** Publishes, or replaces what is published without a goodbye in between. */
  publish(record: ServiceRecord): void {
    this.publication?.guard.detach()
    this.publication?.bonjour.destroy()
    const guard = new GuardedSocket(this.socket, this.options.at, this.mdns)
    // The library hands its options on to multicast-dns, which takes a socket; its types do not say so.
    const transport: object = { socket: guard, bind: false, multicast: false, port: this.options.mdns.port }
    const bonjour = new Bonjour(transport, (error: unknown) => this.sendFailed(error))
    bonjour.publish({
      name: record.instance,
      type: 'hearth',
      protocol: 'tcp',
      host: record.host,
      port: record.port,
      txt: record.txt,
      probe: false,
    })
    this.publication = { bonjour, guard }
  }

  announce(): void {
    this.publication?.guard.announce()
  }

  query(): void {
    if (this.closed) return
    const { group, port } = this.mdns
    this.socket.send(serviceQuery(), port, group, (error) => {
      if (this.closed) return
      this.options.onAsked(error?.message)
      if (error !== null) this.sendFailed(error)
    })
  }

  /** Says goodbye, as far as the network still lets it, and closes. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    const publication = this.publication
    this.publication = undefined
    if (publication !== undefined) {
      await new Promise<void>((resolve) => {
        const cancel = this.options.clock.setTimeout(resolve, goodbyeTimeoutMs)
        publication.bonjour.unpublishAll(() => {
          cancel()
          resolve()
        })
      })
      publication.bonjour.destroy()
    }
    await new Promise<void>((resolve) => {
      try {
        this.socket.close(resolve)
      } catch {
        // It never opened, or closed by its error.
        resolve()
      }
    })
  }

  private receive(bytes: Uint8Array, from: RemoteInfo): void {
    const { at } = this.options
    const { mdns } = this
    // Linux delivers each group's packets to all sockets: those of other networks belong to another link.
    if (this.closed || !onSameSubnet(from.address, at) || !this.packets.take()) return
    const packet = decodePacket(bytes)
    if (packet === undefined) return
    if (packet.type === 'response') {
      // RFC 6762, section 6: responses from any other port are ignored.
      if (from.port === mdns.port) this.options.onHeard(readResponse(packet, at), from.address, at)
    } else if (asksForService(packet) && this.answers.take()) {
      this.announce()
    }
  }

  private sendFailed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.options.log.note('mdns packet not sent', { interface: this.options.at.name, reason }, 'debug')
  }
}

class RateLimit {
  private readonly clock: Clock
  private readonly perSecond: number
  private second = -1
  private used = 0

  constructor(clock: Clock, perSecond: number) {
    this.clock = clock
    this.perSecond = perSecond
  }

  take(): boolean {
    const second = Math.floor(this.clock.monotonic() / 1000)
    if (second !== this.second) {
      this.second = second
      this.used = 0
    }
    this.used += 1
    return this.used <= this.perSecond
  }
}
