import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import { createInterfaceChoice } from './interface-choice.ts'
import { addressesOf } from './own-addresses.ts'

const info = (address: string, change: object = {}): NetworkInterfaceInfo[] => [
  {
    ...{ address, netmask: '255.255.255.0', family: 'IPv4', internal: false, mac: '', cidr: null },
    ...change,
  } as NetworkInterfaceInfo,
]
const everywhere = { host: '::', port: 8448, stop: async () => undefined } as never

function choice(initial: readonly string[] = [], listensAt = '::') {
  const all: NodeJS.Dict<NetworkInterfaceInfo[]> = {
    lo: info('127.0.0.1', { internal: true, netmask: '255.0.0.0' }),
    eth0: info('192.168.1.5'),
    wg0: info('10.9.0.2'),
    wwan0: info('10.8.0.2', { netmask: '255.255.255.255' }),
  }
  const made = createInterfaceChoice({ initial, listensAt, listInterfaces: () => all })
  return { all, choice: made, announced: () => addressesOf(everywhere, made.used) }
}

test('all that the machine has are listed, with what is used by itself and what is used now', () => {
  const { choice: made } = choice(['wg0', 'wwan0'])
  expect(made.list()).toEqual([
    { name: 'lo', addresses: ['127.0.0.1'], kind: 'loopback', automatic: false, used: false },
    { name: 'eth0', addresses: ['192.168.1.5'], kind: 'network', automatic: true, used: false },
    { name: 'wg0', addresses: ['10.9.0.2'], kind: 'virtual', automatic: false, used: true },
    { name: 'wwan0', addresses: ['10.8.0.2'], kind: 'point_to_point', automatic: false, used: true },
  ])
})

test('own addresses are told of the used networks only, whichever they are at the moment', () => {
  const { choice: made, announced } = choice()
  expect(announced()).toEqual(['192.168.1.5:8448'])
  made.set(['wg0'])
  expect(announced()).toEqual(['10.9.0.2:8448'])
  made.set([])
  expect(announced()).toEqual(['192.168.1.5:8448'])
})

test('a chosen one that is gone is replaced by none, and used as soon as it is back', () => {
  const { all, choice: made, announced } = choice(['wg0'])
  const { wg0 } = all
  delete all['wg0']
  expect(announced()).toEqual([])
  expect(made.list().some(({ used }) => used)).toBe(false)
  all['wg0'] = wg0
  expect(announced()).toEqual(['10.9.0.2:8448'])
})

test('who listens on loopback only is found there only, whatever is chosen', () => {
  const { choice: made } = choice(['eth0'], '127.0.0.1')
  expect(made.used().map(({ name }) => name)).toEqual(['lo'])
  expect(made.names).toEqual(['eth0'])
})

test('who listens at one address is found on its network alone, where nothing else is chosen', () => {
  const { all, choice: made } = choice([], '192.168.1.5')
  all['wlan0'] = info('192.168.2.5')
  expect(made.used().map(({ name }) => name)).toEqual(['eth0'])
  // A VPN's, by which it can be reached, and nowhere else.
  expect(choice([], '10.9.0.2').choice.only()).toEqual(['wg0'])
  made.set(['wlan0'])
  expect(made.only()).toEqual(['wlan0'])
  expect(choice([], '0.0.0.0').choice.only()).toBeUndefined()
})
