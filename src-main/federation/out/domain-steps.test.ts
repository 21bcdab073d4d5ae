import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { parseServerName } from '../../core/ids.ts'
import type { JsonObject, Signer } from '../../core/types.ts'
import { fakeClock, publishedKeys, serve, testSigner, type TestServer } from '../test-support.ts'
import { stepsOf, type CheckStep, type Expected } from './domain-steps.ts'
import { lookAtServer, KEYS_PATH, VERSION_PATH, type Look } from './look-at-server.ts'
import { json, lookInto, type Probed, type World } from './look.fixture.ts'
import { verdictOf } from './look-verdict.ts'
import { probe } from './probe.ts'

const clock = fakeClock()
const us = await testSigner(1, 'example.org')
const other = await testSigner(2, 'example.org')
const DAY = 24 * 3_600_000
const servers: TestServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

const keys = (signer: Signer): JsonObject => publishedKeys(signer, clock.now() + DAY)
const answers = (over: Record<string, JsonObject | string> = {}) => ({
  [VERSION_PATH]: { server: { name: 'Hearth', version: '1.0' } },
  [KEYS_PATH]: keys(us),
  ...over,
})
const good: Probed = {
  reached: 'tls',
  certificate: { issuer: 'An Authority', validToTs: clock.now() + 60 * DAY, problem: undefined },
  answers: answers(),
}

interface Checked extends World {
  readonly probes?: Record<string, Probed>
  readonly expected?: Partial<Expected>
}

async function look(world: Checked): Promise<{ look: Look; steps: CheckStep[] }> {
  const name = parseServerName(world.name ?? 'example.org')
  if (name === undefined) throw new Error('not a name')
  const deps = lookInto(world, clock, (host) => world.probes?.[host] ?? good)
  const found = await lookAtServer(name, deps)
  const expected: Expected = {
    serverName: us.serverName,
    keyId: us.keyId,
    publicKey: us.publicKey,
    listening: '[::]:8448',
    wellKnownServer: undefined,
    allowPrivate: false,
    now: clock.now(),
    ...world.expected,
  }
  return { look: found, steps: stepsOf(found, expected) }
}

const at = (steps: readonly CheckStep[], step: CheckStep['step']): CheckStep | undefined =>
  steps.find((each) => each.step === step)

test('a domain where all is well is so at every step', async () => {
  const { steps, look: found } = await look({})
  expect(steps.map((each) => `${each.step} ${each.state}`)).toEqual([
    'name ok',
    'well_known ok',
    'srv ok',
    'address ok',
    'port ok',
    'certificate ok',
    'version ok',
  ])
  expect(at(steps, 'certificate')?.words).toContain('for 60 more days')
  expect(verdictOf(found)).toEqual({ reachable: true, failed_step: null, code: null })
})

test('delegated by .well-known, then SRV', async () => {
  const { steps } = await look({
    wellKnown: json('{"m.server":"m.example.org"}'),
    srv: { '_matrix._tcp.m.example.org': [{ name: 'h.net', port: 7, priority: 1, weight: 1 }] },
    addresses: { 'h.net': ['8.8.4.4'] },
  })
  expect(at(steps, 'well_known')?.words).toContain('sends other servers to m.example.org')
  expect(at(steps, 'srv')).toMatchObject({ state: 'ok', words: expect.stringContaining('h.net:7') as string })
  expect(at(steps, 'srv')?.help).toContain('_matrix-fed._tcp.m.example.org')
})

test.each<[string, CheckStep['step'], CheckStep['state'], string, Checked]>([
  ['a name of this computer', 'name', 'failed', 'cannot look it up', { name: 'localhost:8448' }],
  ['a web site for every address', 'well_known', 'failed', 'names no server', { wellKnown: json('<html>') }],
  [
    '.well-known that says another thing than the settings',
    'well_known',
    'failed',
    'while your settings say b.org:443',
    { wellKnown: json('{"m.server":"a.org:443"}'), expected: { wellKnownServer: 'b.org:443' } },
  ],
  [
    '.well-known that is not there although the settings say it',
    'well_known',
    'failed',
    'it answers 404',
    { wellKnown: json('', 404), expected: { wellKnownServer: 'b.org:443' } },
  ],
  [
    'DNS that does not answer',
    'srv',
    'unknown',
    'no answer',
    { srv: { '_matrix-fed._tcp.example.org': 'timeout' } },
  ],
  ['no address', 'address', 'failed', 'DNS has no address for example.org', { addresses: {} }],
  [
    'a private address',
    'address',
    'failed',
    'only this network',
    { addresses: { 'example.org': ['10.0.0.7'] } },
  ],
  [
    'a closed port',
    'port',
    'failed',
    'it refuses',
    { probes: { '8.8.8.8': { reached: 'nothing', error: 'ECONNREFUSED' } } },
  ],
  [
    'one of two addresses that leads nowhere',
    'port',
    'failed',
    'but not [2001:4860:4860::8888]:8448',
    {
      addresses: { 'example.org': ['8.8.8.8', '2001:4860:4860::8888'] },
      probes: { '2001:4860:4860::8888': { reached: 'nothing', error: 'timed out' } },
    },
  ],
  [
    'a port without TLS',
    'certificate',
    'failed',
    'not speak TLS',
    { probes: { '8.8.8.8': { reached: 'port' } } },
  ],
  ...(
    [
      ['CERT_HAS_EXPIRED', 'was valid until'],
      ['ERR_TLS_CERT_ALTNAME_INVALID', 'for another name'],
      ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed'],
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'without the ones between'],
      ['WHATEVER', 'cannot be verified (WHATEVER)'],
    ] as const
  ).map(([problem, words]): [string, CheckStep['step'], CheckStep['state'], string, Checked] => [
    problem,
    'certificate',
    'failed',
    words,
    { probes: { '8.8.8.8': { ...good, certificate: { issuer: 'x', validToTs: clock.now(), problem } } } },
  ]),
  [
    'a web server in its place',
    'version',
    'failed',
    'no Matrix server (status 404)',
    { probes: { '8.8.8.8': { ...good, answers: answers({ [VERSION_PATH]: 'status 404' }) } } },
  ],
  [
    'another server of that name',
    'version',
    'failed',
    'does not have this server’s key'.replace('’', "'"),
    { probes: { '8.8.8.8': { ...good, answers: answers({ [KEYS_PATH]: keys(other) }) } } },
  ],
])('%s: %s %s', async (_what, step, state, words, world) => {
  const { steps } = await look(world)
  expect(at(steps, step)).toMatchObject({ state, words: expect.stringContaining(words) as string })
  if (state === 'failed') expect(at(steps, step)?.help).toBeTruthy()
})

test('a certificate that ends soon comes with advice', async () => {
  const certificate = { issuer: 'x', validToTs: clock.now() + 5 * DAY, problem: undefined }
  const { steps } = await look({ probes: { '8.8.8.8': { ...good, certificate } } })
  expect(at(steps, 'certificate')).toMatchObject({
    state: 'ok',
    words: expect.stringContaining('5 more days') as string,
  })
  expect(at(steps, 'certificate')?.help).toContain('Renew it')
})

test('private addresses are not dialled, and not many others', async () => {
  const many = Array.from({ length: 20 }, (_, n) => `8.8.${n}.8`)
  const { look: found } = await look({ addresses: { 'example.org': ['192.168.0.1', '127.0.0.1', ...many] } })
  expect(found.probes.map((each) => each.address)).toEqual(many.slice(0, 4))
  const inside = await look({ addresses: { 'example.org': ['192.168.0.1'] } })
  expect(inside.look.probes).toEqual([])
  expect(verdictOf(inside.look)).toMatchObject({ reachable: false, failed_step: 'address' })
})

test.each<[Probed, string]>([
  [{ reached: 'nothing', error: 'ECONNREFUSED' }, 'port'],
  [{ reached: 'port', error: 'closed' }, 'certificate'],
  [{ ...good, certificate: { issuer: 'x', validToTs: 0, problem: 'CERT_HAS_EXPIRED' } }, 'certificate'],
  [{ ...good, answers: answers({ [VERSION_PATH]: 'status 502' }) }, 'version'],
])('who looks back says where the way ends: %#', async (found, step) => {
  const { look: seen } = await look({ probes: { '8.8.8.8': found } })
  expect(verdictOf(seen)).toMatchObject({ reachable: false, failed_step: step })
  // One good address is enough to be reached.
  const both = await look({
    addresses: { 'example.org': ['8.8.8.8', '8.8.4.4'] },
    probes: { '8.8.8.8': found },
  })
  expect(verdictOf(both.look)).toMatchObject({ reachable: true })
})

const pem = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`test-certificates/${name}`, import.meta.url)), 'utf8')

test('a real server is looked at over TLS, and what is wrong with its certificate is told', async () => {
  const fetch = (request: Request): Response =>
    new URL(request.url).pathname === VERSION_PATH
      ? Response.json({ server: { name: 'Hearth' } })
      : new Response('no', { status: 404 })
  const server = await serve({ cert: pem('hs1.pem'), key: pem('hs1.key') }, fetch)
  servers.push(server)
  const target = { host: '127.0.0.1', port: server.port }
  const common = { target, hostHeader: 'hs1', paths: [VERSION_PATH, KEYS_PATH] }
  const trusting = createSecureContext({ ca: [pem('ca.pem')] })
  const right = await probe({ ...common, tlsName: 'hs1', secureContext: trusting })
  expect(right).toMatchObject({ reached: 'tls', certificate: { problem: undefined } })
  expect(right.certificate?.validToTs).toBeGreaterThan(Date.now())
  expect(right.answers).toEqual({ [VERSION_PATH]: { server: { name: 'Hearth' } }, [KEYS_PATH]: 'status 404' })
  const misnamed = await probe({ ...common, tlsName: 'hs2', secureContext: trusting })
  expect(misnamed.certificate?.problem).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  const unknown = await probe({ ...common, tlsName: 'hs1', secureContext: undefined })
  expect(unknown.certificate?.problem).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  await server.close()
  servers.length = 0
  expect(await probe({ ...common, tlsName: 'hs1', secureContext: trusting })).toMatchObject({
    reached: 'nothing',
    error: 'ECONNREFUSED',
  })
})
