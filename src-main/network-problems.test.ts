import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import type { NetworkInterfaceInfo } from 'node:os'
import { afterEach, expect, test, vi } from 'vitest'
import { keyNameLabel, keyServerName } from './core/ids.ts'
import type { ServerName } from './core/types.ts'
import { Discovery, PeerTable } from './federation/discovery/index.ts'
import { networkProblems } from './network-problems.ts'
import { systemClock, type Clock } from './trace/clock.ts'
import { Logger } from './trace/log.ts'
import { systemRandom } from './trace/system-random.ts'

const port = 20_000 + Math.floor(Math.random() * 20_000)
const peer = (): ServerName => keyServerName(new Uint8Array(randomBytes(32)))
const stopping: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stopping.splice(0)) await stop()
})

/** The system's clock, which can be set forward; timers keep to the system's. */
function aheadClock(): Clock & { ahead: number } {
  return {
    ahead: 0,
    now() {
      return systemClock.now() + this.ahead
    },
    monotonic() {
      return systemClock.monotonic() + this.ahead
    },
    setTimeout: (act, ms) => systemClock.setTimeout(act, ms),
  }
}

const info = (address: string, change: object = {}) =>
  ({ address, netmask: '255.0.0.0', family: 'IPv4', internal: false, ...change }) as NetworkInterfaceInfo

async function node(
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
  answering: ServerName[] = [],
  chosen?: readonly string[],
) {
  const clock = aheadClock()
  const listInterfaces = () => interfaces
  const discovery = new Discovery({
    self: { instanceHint: 'test', id: keyNameLabel(new Uint8Array(randomBytes(32))), port: 8448 },
    clock,
    random: systemRandom,
    log: new Logger(clock),
    onPeer: () => undefined,
    onGone: () => undefined,
    mdns: { group: '224.0.0.251', port },
    listInterfaces,
    interfaces: () => chosen,
  })
  const peers = new PeerTable({ clock, probe: async (server) => answering.includes(server) })
  peers.start()
  const blocked: ServerName[] = []
  stopping.push(
    () => discovery.stop(),
    () => peers.stop(),
  )
  await discovery.start()
  const problems = (host = '::') =>
    networkProblems({
      links: discovery.health.list(),
      chosen,
      peers,
      oneSided: { collector: { oneSided: () => blocked }, reaches: (server) => peers.isReachable(server) },
      listener: { host, port: 8448 },
      listInterfaces,
      platform: 'linux',
    })
  return { clock, discovery, peers, blocked, problems }
}

test.each([
  ['nothing but itself', {}, 'no_network', 'on no network'],
  ['a VPN', { wg0: [info('10.9.0.2')] }, 'no_network', 'VPN'],
])('a computer with %s is told so', async (_, interfaces, kind, words) => {
  const { problems } = await node({
    lo: [info('127.0.0.1', { internal: true })],
    ...(interfaces as NodeJS.Dict<NetworkInterfaceInfo[]>),
  })
  expect(problems()).toEqual([{ kind, words: expect.stringContaining(words), help: expect.any(String) }])
  expect(problems('127.0.0.1')).toEqual([])
})

test('a chosen network that is not there is named; one that is there is as good as any', async () => {
  const interfaces = { lo: [info('127.0.0.1', { internal: true })], wg0: [info('10.9.0.2')] }
  const gone = await node(interfaces, [], ['wg7', 'Wi-Fi'])
  expect(gone.problems()).toMatchObject([
    { kind: 'no_network', words: 'The network that was chosen in the settings is not there: wg7, Wi-Fi.' },
  ])
  expect((await node(interfaces, [], ['lo', 'wg7'])).problems()).toEqual([])
  // It is no address of this machine, and so nothing can be sent there.
  expect((await node(interfaces, [], ['wg0'])).problems()).toMatchObject([{ kind: 'discovery_blocked' }])
})

test('an interface that refuses multicast, and a port that another program keeps', async () => {
  const unusable = await node({ eth9: [info('203.0.113.77')] })
  expect(unusable.problems()).toMatchObject([
    { kind: 'discovery_blocked', words: expect.stringContaining('does not let Hearth look') },
  ])
  const greedy = createSocket('udp4')
  await new Promise<void>((resolve) => greedy.bind(port, '0.0.0.0', resolve))
  stopping.push(() => greedy.close())
  const kept = await node({ eth0: [info('127.1.2.3')] })
  expect(kept.discovery.health.list()[0]?.error).toContain('EADDRINUSE')
})

test('peers that are seen and do not answer: a firewall, until one answers', async () => {
  const answering: ServerName[] = []
  const { clock, peers, problems } = await node({}, answering)
  const firewall = () => problems('127.0.0.1')
  const ada = peer()
  peers.learn(ada, { host: '192.0.2.7', port: 8448 }, 'mdns', { displayName: 'Ada', ep: '1' })
  await vi.waitFor(() => {
    clock.ahead += 20_000
    peers.learn(ada, { host: '192.0.2.7', port: 8448 }, 'mdns', { displayName: 'Ada', ep: '1' })
    expect(firewall()).toMatchObject([
      { kind: 'firewall', words: expect.stringContaining('Ada can be seen') },
    ])
  }, 5_000)
  expect(firewall()[0]?.words).toMatch(/^Your firewall, or theirs, blocks Hearth/)
  expect(firewall()[0]?.help).toContain('8448')

  peers.markSuccess(ada)
  expect(firewall()[0]?.words).toMatch(/^A firewall keeps this computer from reaching Ada/)

  answering.push(ada)
  await vi.waitFor(() => {
    clock.ahead += 2_000
    peers.markSuccess(ada)
    expect(firewall()).toEqual([])
  }, 5_000)
})

test('a peer that left without a word is no firewall', async () => {
  const answering = [peer()]
  const { clock, peers, problems } = await node({}, answering)
  const [ada] = answering.slice()
  if (ada === undefined) throw new Error('no peer')
  peers.learn(ada, { host: '192.0.2.7', port: 8448 }, 'mdns', { ep: '1' })
  await vi.waitFor(() => expect(peers.isReachable(ada)).toBe(true))
  answering.length = 0
  await vi.waitFor(() => {
    clock.ahead += 5_000
    expect(peers.isReachable(ada)).toBe(false)
  }, 5_000)
  expect(problems('127.0.0.1')).toEqual([])
})

test('somebody cannot reach this computer: told while that one is there', async () => {
  const answering = [peer()]
  const { peers, blocked, problems } = await node({}, answering)
  const [ada, away] = [answering[0] ?? peer(), peer()]
  for (const each of [ada, away]) peers.learn(each, { host: '192.0.2.7', port: 8448 }, 'static')
  blocked.push(away)
  await vi.waitFor(() => expect(peers.isReachable(ada)).toBe(true))
  expect(problems('127.0.0.1')).toEqual([])
  blocked.push(ada)
  expect(problems('127.0.0.1')).toMatchObject([
    { kind: 'firewall', words: expect.stringMatching(/^Your firewall blocks Hearth/) },
  ])
})
