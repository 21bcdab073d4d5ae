import { expect, test } from 'vitest'
import { parseServerName } from '../../core/ids.ts'
import type { JsonObject, ServerName, Signer } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import { systemClock } from '../../trace/clock.ts'
import { systemRandom } from '../../trace/system-random.ts'
import { publishedKeys, testSigner } from '../test-support.ts'
import { createNodeCertificate } from '../tls/create-certificate.ts'
import { X509Certificate } from 'node:crypto'
import { clockWords } from '../clock-words.ts'
import { KEYS_PATH, VERSION_PATH } from './look-at-server.ts'
import { json, lookInto, type Probed, type World } from './look.fixture.ts'
import { CancelledError, testServer, type ServerTestDeps, type TestStep } from './server-test.ts'

const DAY = 24 * 3_600_000
const them = await testSigner(2, 'example.org')
const former = await testSigner(3, 'example.org')

const keys = (signer: Signer, old: JsonObject = {}): JsonObject =>
  publishedKeys(signer, Date.now() + DAY, { old_verify_keys: old })
const good: Probed = {
  reached: 'tls',
  certificate: { issuer: 'An Authority', validToTs: Date.now() + 60 * DAY, problem: undefined },
  answers: { [VERSION_PATH]: { server: { name: 'Synapse', version: '1' } }, [KEYS_PATH]: keys(them) },
  ms: { connect: 3, tls: 4, answers: 5 },
}

interface Asked extends World {
  readonly probe?: Probed
  readonly signed?: RemoteError
  readonly deps?: Partial<ServerTestDeps>
}
const refused = (status: number | undefined, error?: string): RemoteError =>
  new RemoteError('example.org' as ServerName, 'no', {
    status,
    retryable: false,
    ...(error === undefined ? {} : { body: { error } }),
  })

async function run(world: Asked, signal = new AbortController().signal): Promise<TestStep[]> {
  const name = parseServerName(world.name ?? 'example.org')
  if (name === undefined) throw new Error('not a name')
  const steps = new Map<string, TestStep>()
  const deps: ServerTestDeps = {
    look: lookInto(world, systemClock, () => world.probe ?? good),
    // The requests over the connections in use have tests of their own, with real nodes.
    client: { open: () => Promise.reject(world.signed ?? refused(undefined)) },
    measuring: { measure: () => Promise.reject(refused(undefined)) },
    origin: 'us.example' as ServerName,
    candidates: () => [],
    fixed: () => undefined,
    knownKeys: () => [],
    allowed: () => true,
    skipVerify: false,
    clock: systemClock,
    random: systemRandom,
    ...world.deps,
  }
  await testServer(name, deps, (step) => steps.set(step.step, step), signal)
  return [...steps.values()]
}
const at = (steps: readonly TestStep[], step: TestStep['step']): TestStep | undefined =>
  steps.find((each) => each.step === step)
const { der: nodeDer } = await (async () => ({
  der: new X509Certificate((await createNodeCertificate(them)).cert).raw,
}))()

test('a domain that is well: each step of the specification’s way, none left running', async () => {
  const steps = await run({})
  expect(steps.map((each) => `${each.step} ${each.state}`)).toEqual([
    'name ok',
    'rules ok',
    'well_known ok',
    'srv ok',
    'address ok',
    'port ok',
    'certificate ok',
    'keys ok',
    'version ok',
    'signed failed',
    'clock unknown',
  ])
  expect(at(steps, 'version')).toMatchObject({ words: 'Synapse 1 answers.', ms: 5 })
})

test.each<[string, Asked, TestStep['step'], TestStep['state'], RegExp, RegExp | undefined]>([
  [
    '.well-known is a web page',
    { wellKnown: json('<html>') },
    'well_known',
    'failed',
    /names no server/,
    /JSON such as/,
  ],
  [
    '.well-known leads to a host that is gone',
    { wellKnown: json('{"m.server":"gone.example.org:443"}') },
    'address',
    'failed',
    /no address for gone\.example\.org/,
    /spelt right/,
  ],
  [
    '.well-known leads to a closed port',
    {
      wellKnown: json('{"m.server":"example.org:444"}'),
      probe: { reached: 'nothing', error: 'ECONNREFUSED' },
    },
    'port',
    'failed',
    /it refuses/,
    /from \.well-known: is it still right/,
  ],
  [
    'DNS gives no answer',
    { srv: { '_matrix-fed._tcp.example.org': 'ETIMEOUT' } },
    'srv',
    'unknown',
    /no answer/,
    /Try again/,
  ],
  [
    'an address of this network',
    { addresses: { 'example.org': ['192.168.1.5'] } },
    'address',
    'failed',
    /only this network/,
    /--allow-private-addresses/,
  ],
  [
    'an expired certificate',
    {
      probe: { ...good, certificate: { issuer: 'A', validToTs: 0, problem: 'CERT_HAS_EXPIRED' } },
    },
    'certificate',
    'failed',
    /was valid until/,
    /only whoever runs the server/,
  ],
  [
    'a certificate for another name that is taken all the same',
    {
      probe: { ...good, certificate: { issuer: 'A', validToTs: 0, problem: 'ERR_TLS_CERT_ALTNAME_INVALID' } },
      deps: { skipVerify: true },
    },
    'certificate',
    'warn',
    /--insecure-skip-tls-verify/,
    undefined,
  ],
  [
    'a Hearth with a certificate of its own, whose key is known',
    {
      probe: {
        ...good,
        certificate: { issuer: 'A', validToTs: 0, problem: 'DEPTH_ZERO_SELF_SIGNED_CERT', der: nodeDer },
      },
      deps: { knownKeys: () => [them.publicKey] },
    },
    'certificate',
    'ok',
    /key that is known/,
    undefined,
  ],
  [
    'keys of another server',
    { probe: { ...good, answers: { ...good.answers, [KEYS_PATH]: { server_name: 'x' } } } },
    'keys',
    'failed',
    /cannot be believed/,
    /wrong one/,
  ],
  [
    'another key than before',
    { deps: { knownKeys: () => [former.publicKey] } },
    'keys',
    'warn',
    /does not vouch/,
    /set up anew/,
  ],
  [
    'another key, and the one before beside it',
    {
      probe: {
        ...good,
        answers: {
          ...good.answers,
          [KEYS_PATH]: keys(them, { 'ed25519:0': { key: former.publicKey, expired_ts: 5 } }),
        },
      },
      deps: { knownKeys: () => [former.publicKey] },
    },
    'keys',
    'warn',
    /vouches for the one before/,
    undefined,
  ],
  [
    'a web site at the port',
    { probe: { ...good, answers: { [VERSION_PATH]: 'status 404' } } },
    'version',
    'failed',
    /no Matrix server/,
    /proxy/,
  ],
  [
    'a server that cannot check our key',
    { signed: refused(401, 'no key') },
    'signed',
    'failed',
    /It says: no key/,
    /own|this Hearth/,
  ],
  [
    'a server that denies us',
    { signed: refused(403, 'not you') },
    'signed',
    'failed',
    /takes nothing/,
    /rules/,
  ],
  ['a server that is busy', { signed: refused(429) }, 'signed', 'warn', /left alone/, undefined],
  [
    'a server with a problem',
    { signed: refused(502) },
    'signed',
    'failed',
    /error \(502\)/,
    /problem of its own/,
  ],
])('%s: the step says so, and how to mend it', async (_what, world, step, state, words, help) => {
  const found = at(await run(world), step)
  expect(found).toMatchObject({ state, words: expect.stringMatching(words) as string })
  if (help === undefined) expect(found?.help).toBeUndefined()
  else expect(found?.help).toMatch(help)
})

test('a name with a port or an address asks neither .well-known nor SRV', async () => {
  const byPort = await run({ name: 'example.org:8448' })
  const byAddress = await run({ name: '8.8.8.8' })
  for (const steps of [byPort, byAddress])
    expect(steps.some(({ step }) => step === 'well_known' || step === 'srv')).toBe(false)
})

test('what hangs is left when somebody asks for that', async () => {
  const abort = new AbortController()
  const hanging = run({ deps: { measuring: { measure: () => new Promise(() => undefined) } } }, abort.signal)
  setImmediate(() => abort.abort())
  await expect(hanging).rejects.toThrow(CancelledError)
})

test('differences of clocks in words', () => {
  expect(clockWords(20, 50)).toContain('agree')
  expect(clockWords(-10_800_000, 30)).toBe('Its clock is 3 hours behind this one, give or take 30 ms.')
  expect(clockWords(1_000, 0)).toBe('Its clock is 1 second ahead of this one, give or take 1 ms.')
})
