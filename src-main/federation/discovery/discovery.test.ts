import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { randomBytes } from 'node:crypto'
import type { NetworkInterfaceInfo } from 'node:os'
import dnsPacket from 'dns-packet'
import { afterEach, expect, test, vi } from 'vitest'
import { keyNameLabel } from '../../core/ids.ts'
import { systemClock } from '../../trace/clock.ts'
import { Logger } from '../../trace/log.ts'
import { systemRandom } from '../../trace/system-random.ts'
import { Discovery } from './discovery.ts'
import type { DiscoveryOptions, PeerHint } from './discovery.ts'
import { describeInterfaces, onSameSubnet, usableInterfaces } from './interfaces.ts'
import { decodePacket, readResponse, serviceType } from './packets.ts'

// Real multicast, on a group and port of our own, so that nodes running on this machine stay out of it.
const mdns = { group: '224.0.0.251', port: 20_000 + Math.floor(Math.random() * 20_000) }
const label = (): string => keyNameLabel(new Uint8Array(randomBytes(32)))
const stopping: (() => Promise<void>)[] = []

const address = (at: string, netmask = '255.255.255.0', internal = false): NetworkInterfaceInfo => ({
  ...{ address: at, netmask, internal, mac: '02:00:00:00:00:01', cidr: null },
  family: 'IPv4',
})

afterEach(async () => {
  await Promise.all(stopping.splice(0).map((stop) => stop()))
})

async function node(id: string, more: Partial<DiscoveryOptions> = {}, displayName?: string) {
  const heard: PeerHint[] = []
  const gone: string[] = []
  const discovery = new Discovery({
    self: { instanceHint: id.slice(0, 8), id, port: 8448, displayName },
    clock: systemClock,
    random: systemRandom,
    log: new Logger(systemClock),
    onPeer: (hint) => heard.push(hint),
    onGone: (serverName) => gone.push(serverName),
    mdns,
    ...more,
  })
  stopping.push(() => discovery.stop())
  await discovery.start()
  return { discovery, heard, gone, names: () => new Set(heard.map(({ serverName }) => serverName)) }
}

test('two nodes on one machine find each other within 2 seconds, and hear a goodbye within 5', async () => {
  const [a, b] = [label(), label()]
  const first = await node(a)
  const second = await node(b, {}, 'Grace')
  await vi.waitFor(
    () => {
      expect(first.names()).toEqual(new Set([`${b}.local`]))
      expect(second.names()).toEqual(new Set([`${a}.local`]))
    },
    { timeout: 2_000, interval: 20 },
  )
  expect(first.heard[0]).toMatchObject({ serverId: b, displayName: 'Grace', addresses: [{ port: 8448 }] })
  expect(second.heard[0]?.displayName).toBeUndefined()

  await second.discovery.stop()
  await vi.waitFor(() => expect(first.gone).toEqual([`${b}.local`]), { timeout: 5_000, interval: 20 })
  expect(second.gone).toEqual([])
})

test('a domain is announced as what it is, and a new display name reaches others without a goodbye', async () => {
  const first = await node(label())
  const second = await node('example.org:8448')
  await vi.waitFor(() => expect(first.names()).toEqual(new Set(['example.org:8448'])), { timeout: 2_000 })
  const ep = first.heard.at(-1)?.ep
  second.discovery.update({ displayName: `Ada ${'é'.repeat(300)}` })
  await vi.waitFor(() => expect(first.heard.at(-1)?.displayName).toMatch(/^Ada é+$/), { timeout: 2_000 })
  expect(first.heard.at(-1)?.ep).not.toBe(ep)
  expect(first.gone).toEqual([])
})

test('on a machine without a network, nodes meet on loopback', async () => {
  const info: NetworkInterfaceInfo = {
    address: '127.0.0.1',
    netmask: '255.0.0.0',
    family: 'IPv4',
    mac: '00:00:00:00:00:00',
    internal: true,
    cidr: '127.0.0.1/8',
  }
  const listInterfaces = () => ({ lo: [info] })
  const [a, b] = [label(), label()]
  const first = await node(a, { listInterfaces })
  const second = await node(b, { listInterfaces })
  await vi.waitFor(
    () => {
      expect(first.heard[0]).toMatchObject({ serverId: b, addresses: [{ host: '127.0.0.1', port: 8448 }] })
      expect(second.names()).toEqual(new Set([`${a}.local`]))
    },
    { timeout: 2_000, interval: 20 },
  )
})

test('after the network changed, a node announces itself anew', async () => {
  const first = await node(label())
  const second = await node(label())
  await vi.waitFor(() => expect(first.heard.length).toBeGreaterThan(0), { timeout: 2_000 })
  const ep = first.heard.at(-1)?.ep
  second.discovery.networkChanged()
  await vi.waitFor(() => expect(first.heard.at(-1)?.ep).not.toBe(ep), { timeout: 5_000 })
})

test('a machine whose network cannot be used starts, and stops, all the same', async () => {
  const broken: NetworkInterfaceInfo = {
    address: '203.0.113.77',
    netmask: '255.255.255.0',
    family: 'IPv4',
    mac: '02:00:00:00:00:01',
    internal: false,
    cidr: '203.0.113.77/24',
  }
  const { discovery } = await node(label(), { listInterfaces: () => ({ eth9: [broken] }) })
  await discovery.stop()
})

test('hostile packets neither crash nor fool a node, and it goes on finding others', async () => {
  const victim = await node(label())
  const attacker = await hostileSocket()
  const send = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve) => attacker.send(bytes, mdns.port, mdns.group, () => resolve()))
  let seed = 42
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed % below
  }
  const honest = announcementOf(label(), {})
  for (let i = 0; i < 300; i++) {
    const mutated = Buffer.from(honest)
    for (let j = 0; j < 1 + next(8); j++) mutated[next(mutated.length)] = next(256)
    await send(mutated.subarray(0, next(4) === 0 ? next(mutated.length) : mutated.length))
  }
  await send(Buffer.alloc(8_900, 0xc0))
  await send(Buffer.alloc(0))
  await send(announcementOf(`${'a'.repeat(55)}b`, {}))
  await send(announcementOf('no server name', {}))
  await send(
    dnsPacket.encode({
      type: 'query',
      questions: Array.from({ length: 500 }, () => ({ name: serviceType, type: 'ANY' })),
    }),
  )

  const friend = label()
  await node(friend)
  await vi.waitFor(() => expect(victim.names()).toContain(`${friend}.local`), { timeout: 5_000 })
  expect(victim.names()).not.toContain(`${'a'.repeat(55)}b.local`)
  expect(victim.names()).not.toContain('no server name')
})

test('a record makes nobody dial outside the network that it came from', () => {
  const at = { name: 'eth0', address: '10.0.0.1', netmask: '255.255.255.0' }
  const id = label()
  const packet = decodePacket(announcementOf(id, { addresses: ['93.184.216.34', '10.0.0.9', '10.0.1.9'] }))
  expect(packet).toBeDefined()
  if (packet === undefined) return
  expect(readResponse(packet, at).announcements).toMatchObject([{ id, addresses: ['10.0.0.9'] }])
})

test('the link-local IPv6 address counts where there is no IPv4', () => {
  const ipv6 = (address: string, internal = false): NetworkInterfaceInfo => ({
    address,
    netmask: 'ffff:ffff:ffff:ffff::',
    internal,
    family: 'IPv6',
    mac: '02:00:00:00:00:01',
    cidr: null,
    scopeid: 3,
  })
  const eth0 = [ipv6('2001:db8::7'), ipv6('fe80::7')]
  const all = { lo: [ipv6('::1', true)], tun0: [ipv6('fe80::1')], eth0 }
  const zone = process.platform === 'win32' ? '3' : 'eth0'
  const usable = usableInterfaces(all)
  expect(usable).toMatchObject([{ name: 'eth0', address: `fe80::7%${zone}` }])
  const [at] = usable
  if (at === undefined) throw new Error('no interface')
  expect(onSameSubnet(`fe80::99%${zone}`, at)).toBe(true)
  for (const other of ['fe80::99%other', '2001:db8::7', '192.168.1.5'])
    expect(onSameSubnet(other, at)).toBe(false)
  const wifi: NetworkInterfaceInfo = {
    ...ipv6('192.168.1.5'),
    family: 'IPv4',
    netmask: '255.255.255.0',
  } as NetworkInterfaceInfo
  expect(usableInterfaces({ ...all, wlan0: [wifi] }).map(({ name }) => name)).toEqual(['wlan0'])
})

test('virtual and point-to-point interfaces are left alone, unless they are chosen', () => {
  const info = (...of: Parameters<typeof address>): NetworkInterfaceInfo[] => [address(...of)]
  const all = {
    lo: info('127.0.0.1', '255.0.0.0', true),
    docker0: info('172.17.0.1'),
    tun0: info('10.8.0.2'),
    eth0: info('192.168.1.5'),
    wlan0: info('192.168.2.5'),
    wwan0: info('10.9.9.9', '255.255.255.255'),
  }
  expect(usableInterfaces(all).map(({ name }) => name)).toEqual(['eth0', 'wlan0'])
  expect(usableInterfaces(all, ['tun0']).map(({ name }) => name)).toEqual(['tun0'])
  expect(usableInterfaces(all, ['wg9'])).toEqual([])
  expect(usableInterfaces({ lo: all.lo, docker0: all.docker0 }).map(({ name }) => name)).toEqual(['lo'])
})

test.each([
  'tun0',
  'utun3',
  'wg0',
  'tailscale0',
  'ztabc',
  'docker0',
  'bridge100',
  'vEthernet (WSL)',
  'OpenVPN TAP-Windows6',
  'Corporate VPN',
  'NordLynx',
  'VMware Network Adapter VMnet8',
])('%s is by its name no network of people', (name) => {
  const [at] = describeInterfaces({ [name]: [address('10.0.0.2')] })
  expect(at).toEqual({ name, addresses: ['10.0.0.2'], kind: 'virtual' })
})

test.each(['eth0', 'enp3s0', 'wlan0', 'en0', 'bridge0', 'br0', 'Wi-Fi', 'Ethernet 2', 'LAN-Verbindung'])(
  '%s is one',
  (name) =>
    expect(describeInterfaces({ [name]: [address('10.0.0.2')] })).toMatchObject([{ kind: 'network' }]),
)

test('a chosen interface without IPv4 is used by its link-local IPv6 address', () => {
  const ipv6 = { ...address('fe80::1'), family: 'IPv6', scopeid: 3 } as NetworkInterfaceInfo
  const zone = process.platform === 'win32' ? '3' : 'wg0'
  const usable = usableInterfaces({ eth0: [address('192.168.1.5')], wg0: [ipv6] }, ['wg0'])
  expect(usable).toMatchObject([{ name: 'wg0', address: `fe80::1%${zone}` }])
})

test('the other end of a chosen point-to-point interface may have any private address that is nowhere else', () => {
  const all = { eth0: [address('192.168.1.5')], tun0: [address('10.8.0.2', '255.255.255.255')] }
  const [at] = usableInterfaces(all, ['tun0'])
  if (at === undefined) throw new Error('no interface')
  for (const near of ['10.8.0.2', '10.8.0.1', '192.168.7.7', '100.100.1.1'])
    expect(onSameSubnet(near, at)).toBe(true)
  // Somebody on the other network; somebody on the Internet, whose packets come this way too.
  for (const far of ['192.168.1.9', '93.184.216.34', '127.0.0.1', 'fe80::1%tun0'])
    expect(onSameSubnet(far, at)).toBe(false)
})

function announcementOf(id: string, options: { addresses?: readonly string[] }): Buffer {
  const instance = `evil.${serviceType}`
  return dnsPacket.encode({
    type: 'response',
    flags: dnsPacket.AUTHORITATIVE_ANSWER,
    answers: [
      { name: serviceType, type: 'PTR', ttl: 120, data: instance },
      { name: instance, type: 'SRV', ttl: 120, data: { port: 1, target: 'evil.local' } },
      { name: instance, type: 'TXT', ttl: 120, data: ['txtvers=1', `id=${id}`, 'ep=1'] },
      ...(options.addresses ?? []).map((data) => ({ name: 'evil.local', type: 'A', ttl: 120, data })),
    ],
  })
}

async function hostileSocket(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  await new Promise<void>((resolve) => socket.bind(mdns.port, '0.0.0.0', resolve))
  stopping.push(() => new Promise((resolve) => socket.close(() => resolve())))
  return socket
}
