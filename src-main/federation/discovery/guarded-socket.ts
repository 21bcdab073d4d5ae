import { EventEmitter } from 'node:events'
import type { Socket } from 'node:dgram'
import dnsPacket from 'dns-packet'
import type { LanInterface } from './interfaces.ts'
import { decodePacket, serviceQuery } from './packets.ts'

type SendCallback = (error: Error | null) => void

/**
 * What `bonjour-service` gets in place of its socket. It composes the records, answers queries and
 * says goodbye; this keeps away from it what it cannot bear, and off the network what it should not say:
 * only small queries for our service reach it, few a second (it answers every question with a packet
 * of its own); addresses of other networks are taken out of its records; errors stay with the owner
 * of the real socket, as its own handling of them ends the process.
 */
export class GuardedSocket extends EventEmitter {
  private readonly socket: Socket
  private readonly at: LanInterface
  private readonly mdns: { readonly group: string; readonly port: number }
  private attached = true

  constructor(socket: Socket, at: LanInterface, mdns: { group: string; port: number }) {
    super()
    this.socket = socket
    this.at = at
    this.mdns = mdns
    this.setMaxListeners(0)
  }

  /** Makes the library answer to everyone: an announcement. */
  announce(): void {
    if (!this.attached) return
    this.emit('message', serviceQuery(), {
      address: this.at.address,
      port: this.mdns.port,
      family: 'IPv4',
      size: 0,
    })
  }

  /** Silences the library without a goodbye; for a replacement with other records. */
  detach(): void {
    this.attached = false
  }

  send(
    bytes: Uint8Array,
    _offset: number,
    _length: number,
    _port: number,
    _host: string,
    callback: SendCallback,
  ): void {
    const packet = this.attached ? decodePacket(bytes) : undefined
    if (packet === undefined || packet.type !== 'response') {
      // Queries are sent by the owner, with its own timing.
      process.nextTick(callback, null)
      return
    }
    for (const part of ['answers', 'additionals'] as const) {
      packet[part] = (packet[part] ?? []).filter((record) => {
        if (record.type === 'A') return record.data === this.at.address
        return record.type !== 'AAAA' && !record.name.startsWith('_services.')
      })
    }
    const trimmed = dnsPacket.encode(packet)
    this.socket.send(trimmed, 0, trimmed.length, this.mdns.port, this.mdns.group, callback)
  }

  close(callback?: () => void): void {
    this.detach()
    if (callback !== undefined) process.nextTick(callback)
  }

  address(): { address: string; port: number } {
    return { address: '0.0.0.0', port: this.mdns.port }
  }

  // Membership and options are set by the owner.
  addMembership(): void {}
  dropMembership(): void {}
  setMulticastInterface(): void {}
  setMulticastTTL(): void {}
  setMulticastLoopback(): void {}
}
