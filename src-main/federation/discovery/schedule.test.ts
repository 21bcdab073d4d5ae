/** When discovery says what, on interfaces that come, go and fail; by a clock that the test moves. */
import type { NetworkInterfaceInfo } from 'node:os'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Logger } from '../../trace/log.ts'
import { systemRandom } from '../../trace/system-random.ts'
import { fakeClock } from '../test-support.ts'
import { Discovery } from './discovery.ts'
import type { LinkOptions, ServiceRecord } from './link.ts'

const world = vi.hoisted(() => ({
  said: [] as string[],
  /** Interfaces that cannot be opened. */
  failing: new Set<string>(),
  broken: new Map<string, () => void>(),
}))

vi.mock(import('./link.ts'), () => {
  class FakeLink {
    private readonly options: LinkOptions
    constructor(options: LinkOptions) {
      this.options = options
      world.broken.set(options.at.name, options.onBroken)
    }
    open = async (): Promise<void> => {
      if (world.failing.has(this.options.at.name)) throw new Error('EADDRNOTAVAIL')
      this.say('open')
    }
    publish = (record: ServiceRecord): void => this.say(`publish ${record.txt['ep']?.split('.')[1]}`)
    announce = (): void => this.say('announce')
    query = (): void => this.say('query')
    close = async (): Promise<void> => this.say('close')
    private say(what: string): void {
      world.said.push(`${this.options.at.name} ${what}`)
    }
  }
  return { Link: FakeLink as never }
})

const info = (address: string): NetworkInterfaceInfo =>
  ({ address, netmask: '255.255.255.0', family: 'IPv4', internal: false }) as NetworkInterfaceInfo

let clock: ReturnType<typeof fakeClock>
let all: NodeJS.Dict<NetworkInterfaceInfo[]>
let discovery: Discovery

beforeEach(() => {
  world.said.length = 0
  world.failing.clear()
  clock = fakeClock()
  all = { eth0: [info('192.168.1.5')] }
  discovery = new Discovery({
    self: { instanceHint: 'test', id: 'example.org', port: 8448 },
    clock,
    random: systemRandom,
    log: new Logger(clock),
    onPeer: () => undefined,
    onGone: () => undefined,
    listInterfaces: () => all,
  })
})
afterEach(async () => {
  await discovery.stop()
})

/** What was said meanwhile, each with the second that it was said in. */
async function during(ms: number, stepMs = 500): Promise<string[]> {
  const began = clock.now()
  const heard: string[] = []
  world.said.length = 0
  const take = (): void => {
    heard.push(...world.said.splice(0).map((what) => `${(clock.now() - began) / 1_000}: ${what}`))
  }
  while (clock.now() - began < ms) {
    clock.advance(Math.min(stepMs, began + ms - clock.now()))
    // Interfaces are opened and closed by promises alone.
    await new Promise((resolve) => setImmediate(resolve))
    take()
  }
  return heard
}
const times = (heard: readonly string[], what: string): number[] =>
  heard.filter((each) => each.endsWith(`: ${what}`)).map((each) => Number.parseFloat(each))

test('announces at once and at 1 and 3 seconds, asks ever more rarely, and goes on with both for hours', async () => {
  await discovery.start()
  expect(world.said).toEqual(['eth0 open', 'eth0 publish 1'])
  const minute = await during(60_000)
  expect(times(minute, 'eth0 announce')).toEqual([1, 3])
  expect(times(minute, 'eth0 query')).toEqual([0.5, 1, 4, 13, 40, 60])
  await during(2 * 60 * 60_000, 5_000)
  const later = await during(60 * 60_000, 5_000)
  expect(times(later, 'eth0 announce')).toHaveLength(12)
  expect(times(later, 'eth0 query')).toHaveLength(60)
  expect(later.filter((each) => !/announce|query/.test(each))).toEqual([])
})

test('an interface that comes is used within 5 seconds, and one that goes is left; all hear of it', async () => {
  await discovery.start()
  await during(60_000)
  all = { ...all, wlan0: [info('192.168.2.5')] }
  const come = await during(5_000)
  expect(times(come, 'wlan0 open')).toEqual([5])
  expect(come).toContain('5: eth0 publish 2')
  expect(come).toContain('5: wlan0 publish 2')
  const after = await during(5_000)
  for (const name of ['eth0', 'wlan0']) {
    expect(times(after, `${name} announce`)).toEqual([1, 3])
    expect(times(after, `${name} query`)).toEqual([0.5, 1, 4])
  }
  all = { wlan0: [info('192.168.2.7')] }
  const gone = await during(5_000)
  // Another address on the same interface is another network.
  expect(gone.slice(0, 3).toSorted()).toEqual(['5: eth0 close', '5: wlan0 close', '5: wlan0 open'])
  expect(gone[3]).toBe('5: wlan0 publish 3')
})

test('told that the network changed, it begins anew everywhere a second after the last word of it', async () => {
  await discovery.start()
  await during(4_500)
  discovery.networkChanged()
  expect(await during(500)).toEqual([])
  discovery.networkChanged()
  discovery.networkChanged()
  const heard = await during(9_500)
  expect(times(heard, 'eth0 close')).toEqual([1])
  expect(times(heard, 'eth0 open')).toEqual([1])
  expect(times(heard, 'eth0 publish 2')).toEqual([1])
  expect(times(heard, 'eth0 announce')).toEqual([2, 4])
  // Without the fourth question from before, which was to come 13 seconds after the start.
  expect(times(heard, 'eth0 query')).toEqual([1.5, 2, 5])
})

test('an interface that cannot be used is tried at every look, and nobody elsewhere hears of it', async () => {
  world.failing.add('usb0')
  all = { ...all, usb0: [info('192.168.3.5')] }
  await discovery.start()
  await during(60_000)
  const heard = await during(60_000)
  expect(times(heard, 'usb0 close')).toHaveLength(12)
  expect(heard.filter((each) => each.includes('eth0'))).toEqual(['60: eth0 query'])
  world.failing.clear()
  const works = await during(5_000)
  expect(times(works, 'usb0 open')).toEqual([5])
  expect(works).toContain('5: eth0 publish 2')
})

test('one whose socket breaks is opened again', async () => {
  await discovery.start()
  await during(60_000)
  world.broken.get('eth0')?.()
  expect((await during(5_000)).slice(0, 3)).toEqual(['0.5: eth0 close', '5: eth0 open', '5: eth0 publish 2'])
})

test('after the end nothing is said any more', async () => {
  await discovery.start()
  discovery.networkChanged()
  await discovery.stop()
  expect(world.said.at(-1)).toBe('eth0 close')
  expect(await during(10 * 60_000)).toEqual([])
  expect(clock.pending()).toBe(0)
})
