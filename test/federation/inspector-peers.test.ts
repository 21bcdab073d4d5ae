/* What the inspector says of other servers, of what waits for them and of the way to them, while things go wrong. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyServerName } from '../../src-main/core/ids.ts'
import type { ServerName, Signer } from '../../src-main/core/types.ts'
import { serve, testSigner, type TestServer } from '../../src-main/federation/test-support.ts'
import type { PeerDetail, PeersAnswer } from '../../src-main/inspector/peers/schema.ts'
import type { QueueDetail, QueuesAnswer, Retried } from '../../src-main/inspector/queues/schema.ts'
import type { ServerTest } from '../../src-main/inspector/server-test/schema.ts'
import { BadLine } from '../harness/process/bad-line.ts'
import { makeCertificates, type CertificateAuthority } from '../harness/process/certificates.ts'
import {
  loginToken,
  startDomainHearth,
  startHearth,
  trustedTestArgs,
  type HearthProcess,
} from '../harness/process/hearth.ts'
import { MatrixHttp } from '../harness/process/matrix-http.ts'
import { MatrixUser } from '../harness/process/matrix-user.ts'
import { freePort, scratchFolder } from '../harness/process/scratch.ts'
import { until } from '../harness/process/wait.ts'

const HOUR = 3_600_000
const started: HearthProcess[] = []
const servers: TestServer[] = []
let authority: CertificateAuthority
let alice: MatrixUser
let bob: MatrixUser
let hers: HearthProcess
let his: HearthProcess
/** Between the two: alice dials bob's node over it. */
let line: BadLine
let slow: Signer
let room: string
let dead: ServerName

const owner = (node: HearthProcess): Promise<MatrixUser> =>
  MatrixUser.loginWithToken(new MatrixHttp(node.clientUrl), loginToken(node.ready))
const inspect = <T>(path: string): Promise<T> => alice.call<T>('GET', `/_hearth/v1/inspector/${path}`)
const post = <T>(path: string, body: object = {}): Promise<T> =>
  alice.call<T>('POST', `/_hearth/v1/inspector/${path}`, { body })
const peerOf = async (server: string) =>
  (await inspect<PeersAnswer>('peers')).peers.find((peer) => peer.server_name === server)
const detailOf = (server: string) => inspect<PeerDetail>(`peers/${encodeURIComponent(server)}`)
const queueOf = async (server: string) =>
  (await inspect<QueuesAnswer>('queues')).queues.find((queue) => queue.server_name === server)

/** The test to its end; each answer of the long poll has more than the one before. */
async function tested(server: string): Promise<ServerTest> {
  let found = await post<ServerTest>('test-server', { server_name: server })
  while (found.state === 'running')
    found = await alice.call<ServerTest>('GET', `/_hearth/v1/inspector/test-server/${found.id}`, {
      query: { after: found.version, wait: 10_000 },
    })
  return found
}
const shown = ({ steps }: ServerTest): string[] => steps.map((step) => `${step.step} ${step.state}`)
const at = ({ steps }: ServerTest, step: string) => steps.find((each) => each.step === step)

beforeAll(async () => {
  authority = makeCertificates(scratchFolder('authority'))
  // A Hearth whose clock is three hours ahead, and one that nobody runs.
  slow = await testSigner(7)
  const skewed = await serve(slow, () =>
    Response.json({ server: { name: 'Hearth', version: '9.9' }, 'org.hearth.now': Date.now() + 3 * HOUR }),
  )
  servers.push(skewed)
  dead = keyServerName(new Uint8Array(32).fill(9)) as ServerName
  his = await startHearth({ label: 'bob', args: trustedTestArgs })
  started.push(his)
  line = new BadLine(Number(new URL(his.ready.federation_url).port))
  const closed = await freePort()
  hers = await startHearth({
    label: 'alice',
    args: [
      ...trustedTestArgs,
      ...['--peer', `${his.serverName}=127.0.0.1:${await line.listen()}`],
      ...['--peer', `${slow.serverName}=127.0.0.1:${skewed.port}`],
      ...['--peer', `${dead}=127.0.0.1:${closed}`],
      ...['--tls-ca', authority.caFile],
      ...['--deny-domain', 'denied.example'],
    ],
  })
  started.push(hers)
  ;[alice, bob] = await Promise.all([owner(hers), owner(his)])
  await Promise.all([alice.startSync(), bob.startSync()])
  room = await alice.createRoom({ preset: 'public_chat', name: 'Harbour', invite: [bob.userId] })
  await bob.waitFor('the invite', () => bob.room(room).membership === 'invite')
  await bob.join(room)
}, 60_000)

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()])
  await Promise.all(started.map(async (node) => await node.kill()))
  await Promise.all(servers.map(async (server) => await server.close()))
  await line?.close()
}, 30_000)

test('a peer is shown with what its connection proved, its round trip, its clock, its version and the rooms', async () => {
  const measured = await post<{ ok: boolean; round_trips_ms: number[] }>(
    `peers/${encodeURIComponent(his.serverName)}/measure`,
  )
  expect(measured).toMatchObject({ ok: true })
  expect(measured.round_trips_ms.length).toBeGreaterThanOrEqual(3)
  const peer = await peerOf(his.serverName)
  expect(peer).toMatchObject({
    key_named: true,
    reachable: true,
    allowed: true,
    rooms: 1,
    interface: 'lo',
    software: { name: 'Hearth', version: '0.1.0' },
    tls: { version: 'TLSv1.3', certificate: 'node', match: 'name', valid_to_ts: null },
    key_change: null,
  })
  expect(peer?.found).toContain('static')
  expect(peer?.addresses[0]?.last_success_ts).toBeGreaterThan(Date.now() - 60_000)
  const { last_ms: last = 0, smoothed_ms: smoothed = 0, best_ms: best = 0 } = peer?.round_trip ?? {}
  expect(best).toBeGreaterThan(0)
  expect(best).toBeLessThanOrEqual(Math.min(last, smoothed))
  // Both nodes have this machine's clock.
  expect(Math.abs(peer?.clock?.difference_ms ?? Infinity)).toBeLessThanOrEqual(
    (peer?.clock?.uncertainty_ms ?? 0) + 2,
  )
  const detail = await detailOf(his.serverName)
  expect(detail.room_ids).toEqual([room])
  expect(detail.timeline.map((each) => each.kind)).toContain('appeared')
})

test('a clock that is off is told, with what it may be wrong by', async () => {
  await post(`peers/${encodeURIComponent(slow.serverName)}/measure`)
  const { clock } = (await peerOf(slow.serverName)) ?? {}
  expect(Math.abs((clock?.difference_ms ?? 0) - 3 * HOUR)).toBeLessThanOrEqual(
    (clock?.uncertainty_ms ?? 0) + 2,
  )
  const found = await tested(slow.serverName)
  expect(at(found, 'clock')).toMatchObject({
    state: 'warn',
    words: expect.stringContaining('3 hours ahead') as string,
    help: expect.stringContaining('clock') as string,
  })
  // It answers everything with its version, so its keys are none.
  expect(at(found, 'keys')).toMatchObject({ state: 'failed' })
})

test('a line with a delay: the round trip says so', async () => {
  line.latency = () => 30
  try {
    const { round_trips_ms: trips } = await post<{ round_trips_ms: number[] }>(
      `peers/${encodeURIComponent(his.serverName)}/measure`,
    )
    for (const ms of trips) expect(ms).toBeGreaterThanOrEqual(55)
  } finally {
    line.latency = () => 0
  }
})

test('a peer goes away and comes back: its queue says what waits, since when and why, and is empty after "retry now"', async () => {
  await his.kill()
  await alice.say(room, 'into the dark')
  const away = await until('back-off', async () => {
    const queue = await queueOf(his.serverName)
    return (queue?.failures ?? 0) > 0 && queue?.retry_in_ms !== null ? queue : undefined
  })
  expect(away).toMatchObject({ pdus: 1, allowed: true, error: 'The other server cannot be reached.' })
  expect(away?.away_since_ts).toBeGreaterThan(Date.now() - 30_000)
  expect(away?.bytes).toBeGreaterThan(200)
  expect(away?.failed_addresses.map((each) => each.words)).toContain('it refuses')
  const detail = await inspect<QueueDetail>(`queues/${encodeURIComponent(his.serverName)}`)
  expect(detail.rooms).toMatchObject([{ room_id: room, events: 1, kind: 'queued' }])
  expect(detail.first).toMatchObject([{ type: 'm.room.message', sender: alice.userId, room_id: room }])
  expect(JSON.stringify(detail)).not.toContain('into the dark')

  const path = `queues/${encodeURIComponent(his.serverName)}/retry`
  const inVain = await post<{ results: Retried[] }>(path)
  expect(inVain.results).toMatchObject([{ result: 'failed', words: 'The other server cannot be reached.' }])
  // The first failure counts, however often it is tried by hand.
  expect((await queueOf(his.serverName))?.away_since_ts).toBe(away?.away_since_ts)
  await until('gone', async () => (await peerOf(his.serverName))?.reachable === false, 20_000)

  await his.start()
  const { results } = await post<{ results: Retried[] }>('queues/retry')
  const result = results.find((each) => each.server_name === his.serverName)
  if (result !== undefined) expect(result).toMatchObject({ result: 'sent' })
  await bob.waitForText(room, 'into the dark', 10_000)
  await until('an empty queue', async () => (await queueOf(his.serverName)) === undefined)
  const { timeline } = await detailOf(his.serverName)
  const kinds = timeline.map((each) => each.kind)
  expect(kinds.indexOf('appeared')).toBeLessThan(kinds.indexOf('gone'))
  expect(await post(path)).toMatchObject({ results: [{ result: 'nothing waits' }] })
}, 40_000)

test('the tester goes the whole way to a peer that is well', async () => {
  const found = await tested(his.serverName)
  if (found.reached !== true) console.log(JSON.stringify(found, null, 1))
  expect(shown(found)).toEqual([
    'name ok',
    'rules ok',
    'lan ok',
    'port ok',
    'certificate ok',
    'keys ok',
    'version ok',
    'signed ok',
    'clock ok',
  ])
  expect(found).toMatchObject({ state: 'done', reached: true, own: false })
  for (const step of ['port', 'certificate', 'version', 'signed', 'clock'])
    expect(at(found, step)?.ms, step).toBeGreaterThan(0)
})

test.each<[string, () => string, string[], RegExp, RegExp]>([
  ['no name at all', () => 'not a name!', ['name failed'], /not a server name/, /domain such as/],
  [
    'a mistyped key',
    () => `${his.serverName.startsWith('a') ? 'b' : 'a'}${his.serverName.slice(1)}`,
    ['name failed'],
    /check digits are wrong/,
    /Copy the name/,
  ],
  ['a denied server', () => 'denied.example', ['rules failed'], /do not allow denied\.example/, /Settings/],
  ['a closed port', () => dead, ['port failed', 'signed failed'], /it refuses/, /may be off/],
  [
    'a peer that nobody knows',
    () => keyServerName(new Uint8Array(32).fill(5)),
    ['lan failed'],
    /No address is known/,
    /same network/,
  ],
  [
    'a domain that does not exist',
    () => 'nobody.invalid:8448',
    ['address failed'],
    /no address for nobody/,
    /spelt right/,
  ],
])('the tester says what is wrong with %s, and how to mend it', async (_what, name, failed, words, help) => {
  const found = await tested(name())
  expect(shown(found).filter((each) => each.endsWith('failed'))).toEqual(failed)
  const [step] = found.steps.filter((each) => each.state === 'failed')
  expect(step?.words).toMatch(words)
  expect(step?.help).toMatch(help)
  expect(found).toMatchObject({ state: 'done', reached: false })
})

test('somebody else at a peer’s address is not taken for it, and is shown as somebody else', async () => {
  const [wanted, other] = [await testSigner(21), await testSigner(22)]
  const stranger = await serve(other, () => Response.json({ server: { name: 'Hearth', version: '1' } }))
  servers.push(stranger)
  await alice.call('POST', '/_hearth/v1/peers', {
    body: { server_name: wanted.serverName, address: `127.0.0.1:${stranger.port}` },
  })
  await until('it was dialled', async () => (await peerOf(wanted.serverName))?.tls?.match === 'mismatch')
  expect(await peerOf(wanted.serverName)).toMatchObject({
    reachable: false,
    tls: { match: 'mismatch', server_key: other.publicKey },
  })
  expect((await detailOf(wanted.serverName)).timeline.map((each) => each.kind)).toContain('mismatch')
  const found = await tested(wanted.serverName)
  expect(at(found, 'certificate')).toMatchObject({
    state: 'failed',
    words: expect.stringContaining('is not this server') as string,
  })
  expect(found.reached).toBe(false)
})

test('a domain name with a certificate from an authority, then with a key that changed', async () => {
  const back = `${hers.serverName}=${new URL(hers.ready.federation_url).host}`
  const domain = await startDomainHearth(authority, { label: 'domain', args: ['--peer', back] })
  started.push(domain)
  const found = await tested(domain.serverName)
  expect(shown(found)).toEqual([
    'name ok',
    'rules ok',
    'address ok',
    'port ok',
    'certificate ok',
    'keys ok',
    'version ok',
    'signed ok',
    'clock ok',
  ])
  const carol = await owner(domain)
  // Of itself it tells how others come to it.
  const { id } = await carol.call<ServerTest>('POST', '/_hearth/v1/inspector/test-server', {
    body: { server_name: domain.serverName },
  })
  const own = await until('its own test', async () => {
    const now = await carol.call<ServerTest>('GET', `/_hearth/v1/inspector/test-server/${id}`)
    return now.state === 'running' ? undefined : now
  })
  expect(own).toMatchObject({ own: true, state: 'done' })
  expect(shown(own)).toEqual(expect.arrayContaining(['certificate ok', 'version ok']))
  expect(own.steps.at(-1)?.step).toBe('outside')

  const shared = await alice.createRoom({ preset: 'public_chat' })
  await carol.join(shared, hers.serverName)
  await carol.call('POST', '/_hearth/v1/rotate-key', { body: {} })
  await carol.say(shared, 'with the new key')
  const rotated = await until(
    'the change',
    async () => (await peerOf(domain.serverName))?.key_change ?? undefined,
  )
  expect(rotated).toMatchObject({ vouched: true })
  expect(rotated.after.public_key).not.toBe(rotated.before.public_key)
  expect(rotated.after.since_ts).toBeGreaterThan(rotated.before.since_ts)
  expect(await peerOf(domain.serverName)).toMatchObject({
    found: ['dns'],
    route: { step: '2' },
    tls: { certificate: 'authority', match: 'authority' },
  })

  // Set up anew under the same name: the key of before is not vouched for.
  await domain.kill()
  const { port } = new URL(domain.ready.federation_url)
  const anew = await startHearth({
    label: 'anew',
    serverName: domain.serverName,
    federationListen: `127.0.0.1:${port}`,
    args: [
      ...trustedTestArgs,
      ...['--tls-ca', authority.caFile, '--tls-cert', authority.certFile, '--tls-key', authority.keyFile],
    ],
  })
  started.push(anew)
  const changed = await tested(domain.serverName)
  expect(at(changed, 'keys')).toMatchObject({
    state: 'warn',
    words: expect.stringContaining('does not vouch') as string,
    help: expect.stringContaining('set up anew') as string,
  })
}, 40_000)

test('a certificate that nobody vouches for', async () => {
  const other = makeCertificates(scratchFolder('other-authority'))
  const domain = await startDomainHearth(other, { label: 'untrusted' })
  started.push(domain)
  const found = await tested(domain.serverName)
  expect(at(found, 'certificate')).toMatchObject({
    state: 'failed',
    help: expect.stringContaining('--tls-ca') as string,
  })
  expect(at(found, 'signed')).toMatchObject({ state: 'failed' })
  expect(found.reached).toBe(false)
}, 20_000)

test('tests are remembered, the newest first, and one that takes long is ended by hand', async () => {
  // To a port that is open: a line whose far end refuses would end the connection by itself.
  const silent = new BadLine(Number(new URL(his.ready.federation_url).port))
  silent.silent = true
  const wanted = await testSigner(31)
  await alice.call('POST', '/_hearth/v1/peers', {
    body: { server_name: wanted.serverName, address: `127.0.0.1:${await silent.listen()}` },
  })
  const begun = await post<ServerTest>('test-server', { server_name: wanted.serverName })
  await until('it hangs', async () => {
    const now = await inspect<ServerTest>(`test-server/${begun.id}`)
    return now.steps.some((step) => step.step === 'port' || step.state === 'running')
  })
  expect(await post<ServerTest>(`test-server/${begun.id}/cancel`)).toMatchObject({ state: 'cancelled' })
  const { tests } = await inspect<{ tests: ServerTest[] }>('test-server')
  expect(tests[0]).toMatchObject({ id: begun.id, state: 'cancelled', words: 'Ended before it was done' })
  expect(tests.length).toBeGreaterThan(3)
  await silent.close()
})

test('the own name is checked as others come to it', async () => {
  expect(await tested(hers.serverName)).toMatchObject({ own: true, state: 'done', reached: null })
})
