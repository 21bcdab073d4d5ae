/** What is said of the network, by the system that it is said on. */
import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import type { ServerName } from './core/types.ts'
import type { LinkHealth } from './federation/discovery/index.ts'
import { networkProblems, type NetworkProblem } from './network-problems.ts'

const at = { name: 'Wi-Fi', address: '192.168.1.5', netmask: '255.255.255.0' }
const info = { ...at, family: 'IPv4', internal: false, mac: '', cidr: null } as NetworkInterfaceInfo
const fine: LinkHealth = { at, error: undefined, openForMs: 60_000, heardSelf: true, quietForMs: 60_000 }
const ada = 'ada.example' as ServerName

type Silent = { readonly serverName: ServerName; readonly presence: 'calls' | 'announces' }

interface Seen {
  readonly link?: Partial<LinkHealth>
  readonly silent?: readonly Silent[]
  /** Some that say that they cannot dial this one. */
  readonly blocked?: readonly ServerName[]
}

function said(platform: string, { link, silent = [], blocked = [] }: Seen): NetworkProblem {
  const problems = networkProblems({
    links: [{ ...fine, ...link }],
    peers: { list: () => [], candidates: () => [], silent: () => [...silent], nameOf: () => 'Ada' },
    oneSided: { collector: { oneSided: () => [...blocked] }, reaches: () => true },
    listener: { host: '::', port: 8448 },
    listInterfaces: () => ({ 'Wi-Fi': [info] }),
    platform,
  })
  expect(problems).toHaveLength(1)
  return problems[0] as NetworkProblem
}

const LOCAL_NETWORK = 'System Settings, Privacy & Security, Local Network'
const MAC_FIREWALL = 'System Settings, Network, Firewall, Options'
const WINDOWS_FIREWALL = 'Allow an app through firewall, and tick Hearth for private and public networks'

test('where nothing is wrong nothing is said, on any system', () => {
  for (const platform of ['linux', 'darwin', 'win32'])
    expect(() => said(platform, {})).toThrow('to have a length of 1 but got +0')
})

test.each([
  ['darwin', 'send EHOSTUNREACH 224.0.0.251:5353', LOCAL_NETWORK],
  ['win32', 'send EACCES', 'Another program keeps UDP port 5353 to itself'],
  ['win32', 'addMembership ENODEV', WINDOWS_FIREWALL],
  ['linux', 'send EPERM', 'firewall forbids multicast on UDP port 5353'],
  ['linux', 'bind EADDRINUSE 0.0.0.0:5353', 'Another program keeps UDP port 5353 to itself'],
  ['darwin', 'bind EADDRINUSE 0.0.0.0:5353', 'Another program keeps UDP port 5353 to itself'],
  ['win32', 'bind EADDRINUSE 0.0.0.0:5353', 'Another program keeps UDP port 5353 to itself'],
])('on %s, looking for people fails with %s', (platform, error, help) => {
  const problem = said(platform, { link: { error } })
  expect(problem.kind).toBe('discovery_blocked')
  expect(problem.words).toBe('This computer does not let Hearth look for people nearby.')
  expect(problem.help).toContain(help)
  expect(problem.help).toContain('Add people by their address instead')
})

test.each([
  ['darwin', [LOCAL_NETWORK, MAC_FIREWALL]],
  ['win32', [WINDOWS_FIREWALL]],
  ['linux', ['“sudo ufw allow 5353/udp”']],
])('on %s, what is sent to all does not even come back', (platform, help) => {
  const problem = said(platform, { link: { heardSelf: false } })
  expect(problem.kind).toBe('discovery_blocked')
  expect(problem.words).toBe('A firewall on this computer keeps Hearth from finding people nearby.')
  for (const part of help) expect(problem.help).toContain(part)
  expect(problem.help).toContain('Add people by their address instead')
})

test.each([
  ['darwin', [MAC_FIREWALL]],
  ['win32', [WINDOWS_FIREWALL]],
  ['linux', ['accept TCP port 8448', '“sudo ufw allow 8448/tcp”']],
])('on %s, others cannot reach this computer', (platform, help) => {
  const problem = said(platform, { blocked: [ada] })
  expect(problem.kind).toBe('firewall')
  expect(problem.words).toMatch(
    /^Your firewall blocks Hearth: others cannot reach this computer\. Messages still/,
  )
  for (const part of help) expect(problem.help).toContain(part)
  // It can call them, so that nothing but its own firewall is in the way.
  expect(problem.help).not.toContain('Local Network')
})

test.each([
  ['darwin', [LOCAL_NETWORK, MAC_FIREWALL]],
  ['win32', [WINDOWS_FIREWALL]],
  ['linux', ['accept TCP port 8448']],
])('on %s, somebody is announced and does not answer: on either side', (platform, help) => {
  const problem = said(platform, { silent: [{ serverName: ada, presence: 'announces' }] })
  expect(problem.kind).toBe('firewall')
  expect(problem.words).toBe(
    'Your firewall, or theirs, blocks Hearth: Ada can be seen nearby, but not reached.',
  )
  for (const part of help) expect(problem.help).toContain(part)
  expect(problem.help).toContain('let them do the same on their computer')
})

test.each([
  // Without that permission a Mac is called, and calls nobody.
  ['darwin', `Open ${LOCAL_NETWORK}`],
  ['win32', 'Ask them'],
  ['linux', 'Ask them'],
])('on %s, somebody calls and does not answer: on their side, most likely', (platform, begins) => {
  const problem = said(platform, { silent: [{ serverName: ada, presence: 'calls' }] })
  expect(problem.kind).toBe('firewall')
  expect(problem.words).toMatch(/^A firewall keeps this computer from reaching Ada\. Messages still/)
  expect(problem.help.startsWith(begins)).toBe(true)
  expect(problem.help).toContain('Ask them to let Hearth through the firewall of their computer.')
})
