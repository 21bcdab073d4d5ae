import { expect, test } from 'vitest'
import type { NetworkInterface } from '../client/types.ts'
import { interfaceChoices, isLoopbackOnly } from './network-interfaces.ts'

const at = (
  name: string,
  kind: NetworkInterface['kind'],
  used = false,
  automatic = used,
): NetworkInterface => ({ name, kind, automatic, used, addresses: ['10.0.0.1'] })

test('networks of people come first, and what is chosen and not there last', () => {
  const machine = [at('lo', 'loopback'), at('wg0', 'virtual'), at('eth0', 'network', true)]
  const choices = interfaceChoices(machine, ['usb0', 'wg0', 'usb0'])
  expect(choices.map(({ name, chosen }) => [name, chosen])).toEqual([
    ['eth0', false],
    ['wg0', true],
    ['lo', false],
    ['usb0', true],
  ])
  expect(choices.map(({ details }) => details?.name)).toEqual(['eth0', 'wg0', 'lo', undefined])
  expect(interfaceChoices(machine, [], ['usb0', 'wg0']).at(-1)).toEqual({
    name: 'usb0',
    chosen: false,
    details: undefined,
  })
})

test('a node that listens on loopback only is told from one that uses it for want of a network', () => {
  const deaf = [at('lo', 'loopback', true, false), at('eth0', 'network', false, true)]
  expect(isLoopbackOnly(deaf, [])).toBe(true)
  expect(isLoopbackOnly(deaf, ['eth0'])).toBe(true)
  expect(isLoopbackOnly(deaf, ['lo'])).toBe(false)
  expect(isLoopbackOnly([at('lo', 'loopback', true)], [])).toBe(false)
  expect(isLoopbackOnly([at('lo', 'loopback'), at('eth0', 'network', true)], [])).toBe(false)
  expect(isLoopbackOnly([at('lo', 'loopback'), at('eth0', 'network', false, true)], ['usb0'])).toBe(false)
})
