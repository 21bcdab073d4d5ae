import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import { fakeClock } from '../test-support.ts'
import { watchNetwork } from './watch-network.ts'

function setUp() {
  const clock = fakeClock()
  const heard: string[] = []
  let list: NodeJS.Dict<NetworkInterfaceInfo[]> = {}
  const plug = (...cidrs: string[]): void => {
    list = {
      eth0: cidrs.map((cidr) => ({ family: 'IPv4', internal: false, cidr }) as NetworkInterfaceInfo),
    }
  }
  plug('10.0.0.1/24')
  const stop = watchNetwork({
    clock,
    onChange: (reason) => heard.push(reason),
    listInterfaces: () => list,
  })
  return { clock, heard, plug, stop }
}

test('an address that comes, goes, or becomes another is told once', () => {
  const { clock, heard, plug, stop } = setUp()
  clock.advance(10_000)
  expect(heard).toEqual([])
  plug('10.0.0.2/24')
  clock.advance(2_000)
  plug()
  clock.advance(10_000)
  expect(heard).toEqual(['addresses', 'addresses'])
  stop()
  plug('10.0.0.1/24')
  clock.advance(10_000)
  expect(heard).toHaveLength(2)
})

test('a sleep is told, by whichever clock went on', () => {
  const clock = fakeClock()
  let slept = 0
  const asleep = { ...clock, now: () => clock.now() + slept }
  const heard: string[] = []
  watchNetwork({ clock: asleep, onChange: (reason) => heard.push(reason), listInterfaces: () => ({}) })
  clock.advance(4_000)
  slept = 60_000
  clock.advance(2_000)
  expect(heard).toEqual(['slept'])
  clock.advance(20_000)
  expect(heard).toEqual(['slept'])
})

test('every look tells the addresses of this machine, also those that went and came in between', () => {
  const clock = fakeClock()
  const looks: string[][] = []
  const info = (address: string): NetworkInterfaceInfo =>
    ({ family: 'IPv6', internal: false, address, cidr: null }) as NetworkInterfaceInfo
  let list: NodeJS.Dict<NetworkInterfaceInfo[]> = { lo: [info('::1')], eth0: [info('fe80::1')] }
  const stop = watchNetwork({
    clock,
    onChange: () => undefined,
    onLook: (addresses) => looks.push([...addresses]),
    listInterfaces: () => list,
  })
  clock.advance(2_000)
  list = { lo: [info('::1')] }
  clock.advance(2_000)
  expect(looks).toEqual([['::1', 'fe80::1'], ['::1']])
  stop()
})
