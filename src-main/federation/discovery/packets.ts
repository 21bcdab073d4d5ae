import dnsPacket from 'dns-packet'
import type { Packet, Record as DnsRecord } from 'dns-packet'
import { onSameSubnet } from './interfaces.ts'
import type { LanInterface } from './interfaces.ts'

export const serviceType = '_hearth._tcp.local'
export const protocolVersion = '1'

const limits = {
  bytes: 9000,
  records: 64,
  questions: 16,
  instances: 16,
  txt: 16,
  addresses: 4,
  displayName: 100,
}

/** What one instance says of itself. Anyone can forge all of it. */
export interface Announcement {
  readonly instance: string
  /** A key-derived label, or a domain; not validated here. */
  readonly id: string
  readonly port: number
  readonly ep: string
  readonly displayName: string | undefined
  /** From A and AAAA records, only such as lie in this network. */
  readonly addresses: readonly string[]
}

export interface Heard {
  readonly announcements: readonly Announcement[]
  /** Instances that say goodbye. */
  readonly goodbyes: readonly string[]
}

/** Decodes a packet from the network; undefined if it is malformed or larger than anything honest. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  if (bytes.length > limits.bytes) return undefined
  try {
    const packet = dnsPacket.decode(bytes)
    const records = (packet.answers?.length ?? 0) + (packet.additionals?.length ?? 0)
    return records > limits.records || (packet.questions?.length ?? 0) > limits.questions ? undefined : packet
  } catch {
    // Whatever the library stumbles over is not a packet.
    return undefined
  }
}

export function asksForService(packet: Packet): boolean {
  return (
    packet.type === 'query' &&
    (packet.questions ?? []).some(
      ({ name, type }) => name.toLowerCase() === serviceType && (type === 'PTR' || type === 'ANY'),
    )
  )
}

export function serviceQuery(): Buffer {
  return dnsPacket.encode({ type: 'query', questions: [{ name: serviceType, type: 'PTR' }] })
}

/** The Hearth services in a response that came in on `at`. */
export function readResponse(packet: Packet, at: LanInterface): Heard {
  const records = [...(packet.answers ?? []), ...(packet.additionals ?? [])]
  const pointers = records.filter(
    (record) => record.type === 'PTR' && sameName(record.name, serviceType) && isInstanceName(record.data),
  )
  const announcements = new Map<string, Announcement>()
  const goodbyes = new Set<string>()
  for (const pointer of pointers.slice(0, limits.instances)) {
    const instance = String(pointer.data).toLowerCase()
    if (pointer.ttl === 0) {
      goodbyes.add(instance)
      continue
    }
    const announcement = readInstance(records, instance, at)
    if (announcement !== undefined) announcements.set(instance, announcement)
  }
  return { announcements: [...announcements.values()], goodbyes: [...goodbyes] }
}

function readInstance(
  records: readonly DnsRecord[],
  instance: string,
  at: LanInterface,
): Announcement | undefined {
  const srv = records.find((record) => record.type === 'SRV' && sameName(record.name, instance))?.data
  const txt = records.find((record) => record.type === 'TXT' && sameName(record.name, instance))?.data
  if (!isObject(srv) || typeof srv['port'] !== 'number' || typeof srv['target'] !== 'string') return undefined
  const port = srv['port']
  if (port < 1 || port > 65535) return undefined
  const target = srv['target']

  const values = readTxt(txt)
  const id = values.get('id')
  if (values.get('txtvers') !== '1' || id === undefined || id.length > 255) return undefined
  const displayName = values.get('n')?.replace(/\p{C}/gu, '').trim().slice(0, limits.displayName)

  const addresses = records.flatMap((record) =>
    (record.type === 'A' || record.type === 'AAAA') &&
    sameName(record.name, target) &&
    typeof record.data === 'string' &&
    isLocalAddress(record.data, at)
      ? [record.data]
      : [],
  )
  return {
    instance,
    id,
    port,
    ep: (values.get('ep') ?? '').slice(0, 64),
    displayName: displayName === '' ? undefined : displayName,
    addresses: [...new Set(addresses)].slice(0, limits.addresses),
  }
}

/** Nobody's record may make this node dial hosts outside the network that it came from. */
function isLocalAddress(address: string, at: LanInterface): boolean {
  // A link-local one in a record has no zone: where the packet came from is its better half.
  return address.includes(':') ? /^f[cd][0-9a-f]{2}:/i.test(address) : onSameSubnet(address, at)
}

function readTxt(data: unknown): Map<string, string> {
  const values = new Map<string, string>()
  const strings: unknown[] = Array.isArray(data) ? data : [data]
  for (const bytes of strings.slice(0, limits.txt)) {
    if (!(bytes instanceof Uint8Array)) continue
    const text = Buffer.from(bytes).toString('utf8')
    const equals = text.indexOf('=')
    const key = text.slice(0, equals).toLowerCase()
    if (equals > 0 && !values.has(key)) values.set(key, text.slice(equals + 1))
  }
  return values
}

function isInstanceName(data: unknown): data is string {
  return typeof data === 'string' && data.length <= 128 && data.toLowerCase().endsWith(`.${serviceType}`)
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
}
