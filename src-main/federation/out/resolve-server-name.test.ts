import { expect, test } from 'vitest'
import { parseServerName } from '../../core/ids.ts'
import { systemRandom } from '../../trace/system-random.ts'
import { fakeClock } from '../test-support.ts'
import { isPublicAddress } from './addresses.ts'
import type { SrvRecord } from './dns.ts'
import { resolveServerName, type Route } from './resolve-server-name.ts'
import { createWellKnown, type HttpAnswer } from './well-known.ts'

interface World {
  readonly wellKnown?: Record<string, Partial<HttpAnswer> & { server?: string }>
  readonly srv?: Record<string, SrvRecord[]>
}

function world({ wellKnown = {}, srv = {} }: World) {
  const clock = fakeClock()
  const asked: string[] = []
  const get = (url: URL): Promise<HttpAnswer> => {
    asked.push(url.href)
    const found = wellKnown[url.href]
    if (found === undefined) return Promise.reject(new Error('refused'))
    const body = found.body ?? JSON.stringify({ 'm.server': found.server })
    return Promise.resolve({ status: 200, headers: new Map(), ...found, body })
  }
  const cache = createWellKnown({ get, clock })
  const dns = {
    srv: (name: string) => {
      asked.push(name)
      return Promise.resolve(srv[name] ?? [])
    },
    addresses: () => Promise.resolve([]),
  }
  const resolve = async (name: string): Promise<Route> => {
    const parsed = parseServerName(name)
    if (parsed === undefined) throw new Error('not a name')
    return resolveServerName(parsed, { wellKnown: cache, dns, random: systemRandom })
  }
  return { resolve, asked, clock, cache }
}

const WK = (host: string): string => `https://${host}/.well-known/matrix/server`
const srvTo = (name: string, port: number): SrvRecord[] => [{ name, port, priority: 1, weight: 1 }]
const route = (host: string, port: number, hostHeader: string, tlsName: string, step: string): Route => ({
  targets: [{ host, port }],
  hostHeader,
  tlsName,
  step,
})

test.each<[string, string, World, Route]>([
  ['an IPv4 literal', '1.2.3.4', {}, route('1.2.3.4', 8448, '1.2.3.4', '1.2.3.4', '1')],
  ['an IPv4 literal with a port', '1.2.3.4:5', {}, route('1.2.3.4', 5, '1.2.3.4:5', '1.2.3.4', '1')],
  ['an IPv6 literal', '[2001:db8::1]:5', {}, route('2001:db8::1', 5, '[2001:db8::1]:5', '2001:db8::1', '1')],
  [
    'an explicit port',
    'a.org:80',
    { wellKnown: { [WK('a.org')]: { server: 'x' } } },
    route('a.org', 80, 'a.org:80', 'a.org', '2'),
  ],
  [
    'delegated to an IP',
    'a.org',
    { wellKnown: { [WK('a.org')]: { server: '1.2.3.4' } } },
    route('1.2.3.4', 8448, '1.2.3.4', '1.2.3.4', '3.1'),
  ],
  [
    'delegated with a port',
    'a.org',
    { wellKnown: { [WK('a.org')]: { server: 'm.a.org:443' } } },
    route('m.a.org', 443, 'm.a.org:443', 'm.a.org', '3.2'),
  ],
  [
    'delegated, then SRV',
    'a.org',
    {
      wellKnown: { [WK('a.org')]: { server: 'm.a.org' } },
      srv: { '_matrix-fed._tcp.m.a.org': srvTo('h.net', 7), '_matrix._tcp.m.a.org': srvTo('old.net', 8) },
    },
    route('h.net', 7, 'm.a.org', 'm.a.org', '3.3'),
  ],
  [
    'delegated, then deprecated SRV',
    'a.org',
    {
      wellKnown: { [WK('a.org')]: { server: 'm.a.org' } },
      srv: { '_matrix._tcp.m.a.org': srvTo('old.net', 8) },
    },
    route('old.net', 8, 'm.a.org', 'm.a.org', '3.4'),
  ],
  [
    'delegated, without SRV',
    'a.org',
    { wellKnown: { [WK('a.org')]: { server: 'm.a.org' } } },
    route('m.a.org', 8448, 'm.a.org', 'm.a.org', '3.5'),
  ],
  [
    'SRV',
    'a.org',
    { srv: { '_matrix-fed._tcp.a.org': srvTo('h.net', 7) } },
    route('h.net', 7, 'a.org', 'a.org', '4'),
  ],
  [
    'deprecated SRV',
    'a.org',
    { srv: { '_matrix._tcp.a.org': srvTo('h.net', 7) } },
    route('h.net', 7, 'a.org', 'a.org', '5'),
  ],
  ['nothing', 'a.org', {}, route('a.org', 8448, 'a.org', 'a.org', '6')],
  [
    'SRV that says "not here"',
    'a.org',
    { srv: { '_matrix-fed._tcp.a.org': srvTo('', 0) } },
    route('a.org', 8448, 'a.org', 'a.org', '6'),
  ],
  [
    'a .well-known that is not JSON',
    'a.org',
    { wellKnown: { [WK('a.org')]: { body: '<html>' } } },
    route('a.org', 8448, 'a.org', 'a.org', '6'),
  ],
  [
    'a .well-known with a bad name',
    'a.org',
    { wellKnown: { [WK('a.org')]: { server: 'https://x/' } } },
    route('a.org', 8448, 'a.org', 'a.org', '6'),
  ],
  [
    'a .well-known of status 404',
    'a.org',
    { wellKnown: { [WK('a.org')]: { status: 404, server: 'm.a.org' } } },
    route('a.org', 8448, 'a.org', 'a.org', '6'),
  ],
  [
    'redirects',
    'a.org',
    {
      wellKnown: {
        [WK('a.org')]: { status: 302, headers: new Map([['location', 'https://b.org/x']]) },
        'https://b.org/x': { server: 'm.b.org:1' },
      },
    },
    route('m.b.org', 1, 'm.b.org:1', 'm.b.org', '3.2'),
  ],
  [
    'a redirect loop',
    'a.org',
    { wellKnown: { [WK('a.org')]: { status: 302, headers: new Map([['location', WK('a.org')]]) } } },
    route('a.org', 8448, 'a.org', 'a.org', '6'),
  ],
  [
    'a redirect to plain http',
    'a.org',
    {
      wellKnown: {
        [WK('a.org')]: { status: 302, headers: new Map([['location', 'http://b.org/x']]) },
        'http://b.org/x': { server: 'm.b.org:1' },
      },
    },
    route('a.org', 8448, 'a.org', 'a.org', '6'),
  ],
])('%s: %s', async (_what, name, given, expected) => {
  expect(await world(given).resolve(name)).toEqual(expected)
})

test('SRV targets are ordered by priority', async () => {
  const records = [30, 10, 20].map((priority) => ({ name: `h${priority}`, port: 1, priority, weight: 0 }))
  const found = await world({ srv: { '_matrix-fed._tcp.a.org': records } }).resolve('a.org')
  expect(found.targets.map((target) => target.host)).toEqual(['h10', 'h20', 'h30'])
})

test.each<[string, Map<string, string>, number]>([
  ['24 hours by default', new Map(), 24 * 3600],
  ['max-age', new Map([['cache-control', 'public, max-age=600']]), 600],
  ['at most 48 hours', new Map([['cache-control', 'max-age=99999999']]), 48 * 3600],
  ['a minute where caching is forbidden', new Map([['cache-control', 'no-store']]), 60],
  ['Expires', new Map([['expires', new Date(fakeClock().now() + 7_200_000).toUTCString()]]), 7200],
])('.well-known is cached: %s', async (_what, headers, seconds) => {
  const { cache, asked, clock } = world({ wellKnown: { [WK('a.org')]: { server: 'm.a.org', headers } } })
  await Promise.all([cache.lookUp('a.org'), cache.lookUp('a.org')])
  clock.advance(seconds * 1000 - 1)
  expect((await cache.lookUp('a.org'))?.serverName).toBe('m.a.org')
  expect(asked).toHaveLength(1)
  clock.advance(1)
  await cache.lookUp('a.org')
  expect(asked).toHaveLength(2)
})

test('failures of .well-known are cached longer each time, up to an hour, and forgotten with the network', async () => {
  const { cache, asked, clock } = world({})
  const waits = [60, 120, 240, 480, 960, 1920, 3600, 3600]
  for (const [index, seconds] of waits.entries()) {
    await cache.lookUp('a.org')
    expect(asked).toHaveLength(index + 1)
    clock.advance(seconds * 1000 - 1)
    await cache.lookUp('a.org')
    expect(asked).toHaveLength(index + 1)
    clock.advance(1)
  }
  await cache.lookUp('a.org')
  const before = asked.length
  cache.forgetFailures()
  await cache.lookUp('a.org')
  expect(asked).toHaveLength(before + 1)
})

test('only addresses of the public internet are public', () => {
  const open = ['8.8.8.8', '2001:4860:4860::8888', '64:ff9b::8.8.8.8']
  const closed = [
    '127.0.0.1',
    '10.0.0.1',
    '100.64.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    '::',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '::10.0.0.1',
    '64:ff9b:1:a00:1:0:808:808',
    '64:ff9b::10.0.0.1',
    '2002:a00:1::',
    'nonsense',
  ]
  expect(open.filter((address) => !isPublicAddress(address))).toEqual([])
  expect(closed.filter(isPublicAddress)).toEqual([])
})
