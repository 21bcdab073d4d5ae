import { beforeEach, expect, test } from 'vitest'
import { createSigner, signJson, signPduJson } from '../../core/signatures.ts'
import { roomVersionRules } from '../../core/room-versions.ts'
import type { JsonObject, KeyId, Pdu, RoomVersionId, ServerName, Signer } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import { openMemoryDatabase, type Database } from '../../storage/database.ts'
import { createServerKeyStore } from '../../storage/server-keys.ts'
import { fakeClock, testSigner } from '../test-support.ts'
import { createKeyRing, type KeyRing } from './key-ring.ts'
import type { FederationRequest, SignedClient } from './signed-client.ts'

const DAY = 24 * 3_600_000
const us = await testSigner(1, 'us.example')
const b = await testSigner(2, 'b.example')
const mallory = await testSigner(3, 'b.example')
const notary = await testSigner(4, 'notary.example')
const b2 = createSigner(b.serverName, 'ed25519:2' as KeyId, new Uint8Array(32).fill(9))

let clock: ReturnType<typeof fakeClock>
let db: Database
let asked: string[]
let answers: (server: ServerName, request: FederationRequest) => JsonObject
beforeEach(() => {
  clock = fakeClock()
  db = openMemoryDatabase()
  asked = []
})

const client: SignedClient = {
  request: (server, request) => {
    asked.push(`${server} ${request.path}`)
    return Promise.resolve().then(() => answers(server, request))
  },
  open: () => Promise.reject(new Error('not used')),
}
const ring = (trusted: ServerName[] = [], neighbours: ServerName[] = []): KeyRing =>
  createKeyRing({
    client,
    store: createServerKeyStore(db),
    clock,
    signer: us,
    notaries: { trusted, neighbours: () => neighbours },
  })
const away = (server: ServerName): never => {
  throw new RemoteError(server, 'away', { retryable: true })
}

function published(signers: Signer[], over: JsonObject = {}, by: Signer = signers[0] as Signer): JsonObject {
  const keys = Object.fromEntries(signers.map((signer) => [signer.keyId, { key: signer.publicKey }]))
  return signJson(
    { server_name: 'b.example', valid_until_ts: clock.now() + DAY, verify_keys: keys, ...over },
    by,
  )
}

function event(
  signer: Signer,
  ts: number,
  version: RoomVersionId = '12',
  sender = `@u:${signer.serverName}`,
): Pdu {
  const json = signPduJson(
    {
      type: 'm.x',
      sender,
      room_id: '!r',
      content: {},
      origin_server_ts: ts,
      depth: 1,
      auth_events: [],
      prev_events: [],
      hashes: { sha256: '' },
    },
    roomVersionRules(version),
    signer,
  )
  return {
    json,
    type: 'm.x',
    sender,
    eventId: '$e',
    content: {},
    originServerTs: ts,
    roomVersion: version,
  } as unknown as Pdu
}

test('key-named servers and this one need no fetch', async () => {
  const named = await testSigner(7)
  const keys = ring()
  expect(await keys.requestKey(named.serverName, named.keyId)).toEqual({
    result: 'found',
    publicKey: named.publicKey,
  })
  expect(await keys.requestKey(named.serverName, 'ed25519:1' as KeyId)).toMatchObject({ result: 'invalid' })
  expect(await keys.verify(event(named, 1))).toEqual({ result: 'valid' })
  expect(await keys.verify(event(us, 1))).toEqual({ result: 'valid' })
  expect(asked).toEqual([])
})

test('keys are fetched once, kept over a restart, and fetched again when they have expired', async () => {
  answers = () => published([b])
  const keys = ring()
  const both = await Promise.all([
    keys.requestKey(b.serverName, b.keyId),
    keys.requestKey(b.serverName, b.keyId),
  ])
  expect(both).toEqual(Array(2).fill({ result: 'found', publicKey: b.publicKey }))
  expect(asked).toEqual(['b.example /_matrix/key/v2/server'])
  expect(await ring().requestKey(b.serverName, b.keyId)).toMatchObject({ result: 'found' })
  expect(asked).toHaveLength(1)
  clock.advance(DAY + 1)
  expect(await ring().requestKey(b.serverName, b.keyId)).toMatchObject({ result: 'found' })
  expect(asked).toHaveLength(2)
})

test('no key is believed for more than seven days', async () => {
  answers = () => published([b], { valid_until_ts: clock.now() + 1000 * DAY })
  const keys = ring()
  await keys.requestKey(b.serverName, b.keyId)
  clock.advance(7 * DAY + 1)
  answers = away
  expect(await keys.requestKey(b.serverName, b.keyId)).toMatchObject({ result: 'unavailable' })
})

test('after a rotation the old key verifies old events, and no requests', async () => {
  answers = () => published([b])
  const keys = ring()
  const before = event(b, clock.now())
  expect(await keys.verify(before)).toEqual({ result: 'valid' })
  const rotatedAt = clock.now() + 3_600_000
  clock.advance(2 * DAY)
  answers = () =>
    published([b2], { old_verify_keys: { [b.keyId]: { key: b.publicKey, expired_ts: rotatedAt } } })
  expect(await keys.requestKey(b2.serverName, b2.keyId)).toMatchObject({ result: 'found' })
  expect(await keys.requestKey(b.serverName, b.keyId)).toMatchObject({ result: 'invalid' })
  expect(await keys.verify(before)).toEqual({ result: 'valid' })
  expect(await keys.verify(event(b, rotatedAt + 1))).toMatchObject({ result: 'invalid' })
  // Room versions 1 to 4 do not look at the time.
  expect(await keys.verify(event(b, rotatedAt + 1, '4'))).toEqual({ result: 'valid' })
})

test.each<[string, () => JsonObject]>([
  ['about another server', () => published([b], { server_name: 'c.example' })],
  ['signed by a stranger', () => published([b], {}, mallory)],
  ['unsigned', () => ({ ...published([b]), signatures: {} })],
  ['without keys', () => published([b], { verify_keys: {} })],
  ['of a wrong shape', () => published([b], { valid_until_ts: 'soon' })],
  ['with a key of a wrong length', () => published([b], { verify_keys: { [b.keyId]: { key: 'AAAA' } } })],
])('a key answer %s is not believed', async (_what, answer) => {
  answers = answer
  expect(await ring().requestKey(b.serverName, b.keyId)).toMatchObject({ result: 'unavailable' })
  expect(createServerKeyStore(db).keys(b.serverName)).toEqual([])
})

test('failures are cached, a little longer each time, and can be forgotten', async () => {
  answers = away
  const keys = ring()
  for (let i = 0; i < 5; i++) await keys.requestKey(b.serverName, b.keyId)
  expect(asked).toHaveLength(1)
  clock.advance(10_000)
  await keys.requestKey(b.serverName, b.keyId)
  clock.advance(10_000)
  await keys.requestKey(b.serverName, b.keyId)
  expect(asked).toHaveLength(2)
  answers = () => published([b])
  keys.forgetFailures(b.serverName)
  expect(await keys.requestKey(b.serverName, b.keyId)).toMatchObject({ result: 'found' })
  // A made-up key id does not make us ask again and again.
  for (let i = 0; i < 5; i++) await keys.requestKey(b.serverName, `ed25519:x${i}` as KeyId)
  expect(asked).toHaveLength(3)
})

test('events: forged, unsigned, and of a server that cannot be asked', async () => {
  answers = () => published([b])
  const keys = ring()
  expect(await keys.verify(event(mallory, clock.now()))).toMatchObject({
    result: 'invalid',
    reason: expect.stringContaining('does not hold') as string,
  })
  expect(await keys.verify(event(us, clock.now(), '12', '@u:b.example'))).toMatchObject({ result: 'invalid' })
  answers = away
  const c = await testSigner(5, 'c.example')
  expect(await keys.verify(event(c, clock.now()))).toMatchObject({ result: 'unavailable' })
})

test('an event with a key that came after the last fetch is tried again, not refused', async () => {
  answers = () => published([b])
  const keys = ring()
  expect(await keys.verify(event(b, clock.now()))).toEqual({ result: 'valid' })
  answers = () =>
    published([b2], { old_verify_keys: { [b.keyId]: { key: b.publicKey, expired_ts: clock.now() } } })
  expect(await keys.verify(event(b2, clock.now()))).toMatchObject({ result: 'unavailable' })
  clock.advance(60_000)
  expect(await keys.verify(event(b2, clock.now()))).toEqual({ result: 'valid' })
  // A made-up key is refused once the server was asked.
  const invented = createSigner(b.serverName, 'ed25519:no' as KeyId, new Uint8Array(32).fill(8))
  clock.advance(60_000)
  expect(await keys.verify(event(invented, clock.now()))).toMatchObject({ result: 'invalid' })
})

/** b is away; `say` gives the keys that each notary claims b has, undefined for nothing. */
function vouching(say: (notary: ServerName) => Signer | undefined): void {
  answers = (server, request) => {
    const by = vouchers.find((signer) => signer.serverName === server)
    if (by === undefined) return away(server)
    if (request.method === 'GET') {
      const keys = { [by.keyId]: { key: by.publicKey } }
      const answer = { server_name: server, valid_until_ts: clock.now() + DAY, verify_keys: keys }
      return signJson(answer, by)
    }
    const claimed = say(server)
    return { server_keys: claimed === undefined ? [] : [signJson(published([claimed]), by)] }
  }
}
const others = [await testSigner(11, 'c.example'), await testSigner(12, 'd.example')]
const vouchers = [notary, ...others]
const neighbours = vouchers.map((signer) => signer.serverName)

test('a trusted notary vouches for a server that cannot be asked, with its signature and that one’s', async () => {
  const trusting = (): KeyRing => ring([notary.serverName])
  vouching(() => undefined)
  expect(await trusting().requestKey(b.serverName, b.keyId)).toMatchObject({ result: 'unavailable' })
  // Signed by somebody else than the notary, or not by the server itself.
  for (const wrong of [signJson(published([b]), mallory), signJson(published([b], {}, mallory), notary)]) {
    vouching(() => undefined)
    const asNotary = answers
    answers = (server, request) =>
      server === notary.serverName && request.method === 'POST'
        ? { server_keys: [wrong] }
        : asNotary(server, request)
    expect(await trusting().requestKey(b.serverName, b.keyId)).toMatchObject({ result: 'unavailable' })
  }
  vouching(() => b)
  expect(await trusting().requestKey(b.serverName, b.keyId)).toMatchObject({ result: 'found' })
})

test('servers of the same room are believed where they agree, for events only', async () => {
  vouching(() => b)
  const keys = ring([], neighbours)
  expect(await keys.verify(event(b, clock.now()))).toEqual({ result: 'valid' })
  expect(await keys.requestKey(b.serverName, b.keyId)).toMatchObject({ result: 'unavailable' })
  // One alone is not.
  const c = createServerKeyStore(openMemoryDatabase())
  const single = createKeyRing({
    ...{ client, store: c, clock, signer: us },
    notaries: { trusted: [], neighbours: () => neighbours.slice(0, 1) },
  })
  expect(await single.verify(event(b, clock.now()))).toMatchObject({ result: 'unavailable' })
})

test('a neighbour that says something else makes all of them unbelievable', async () => {
  vouching((server) => (server === 'd.example' ? mallory : b))
  expect(await ring([], neighbours).verify(event(b, clock.now()))).toMatchObject({ result: 'unavailable' })
})

test('neighbours do not bring in a key under another name, nor any beside what the server said itself', async () => {
  const invented = createSigner(b.serverName, 'ed25519:new' as KeyId, new Uint8Array(32).fill(8))
  vouching((server) => (server === 'd.example' ? b : invented))
  expect(await ring([], neighbours).verify(event(invented, clock.now()))).toMatchObject({
    result: 'unavailable',
  })
  answers = () => published([b])
  await ring().requestKey(b.serverName, b.keyId)
  vouching(() => invented)
  expect(await ring([], neighbours).verify(event(invented, clock.now()))).toMatchObject({
    result: 'unavailable',
  })
  expect(createServerKeyStore(db).keys(b.serverName)).toHaveLength(1)
})

test('notaries that are away and vouch for each other do not wait for ever', async () => {
  answers = (server, request) =>
    request.method === 'GET' ? away(server) : { server_keys: [signJson(published([b]), notary)] }
  const keys = ring([notary.serverName, b.serverName])
  expect(await keys.requestKey(b.serverName, b.keyId)).toMatchObject({ result: 'unavailable' })
})

test('what a server publishes is kept as it was signed, newest first, and not too much of it', async () => {
  const store = createServerKeyStore(db)
  for (let n = 0; n < 6; n++) {
    const key = createSigner(b.serverName, `ed25519:k${n}` as KeyId, new Uint8Array(32).fill(20 + n))
    answers = () => published([key])
    await ring().requestKey(b.serverName, key.keyId)
    await ring().refresh(b.serverName)
    clock.advance(DAY)
  }
  const kept = store.answers(b.serverName).map(({ answer }) => Object.keys(answer['verify_keys'] as object))
  expect(kept).toEqual([['ed25519:k5'], ['ed25519:k4'], ['ed25519:k3'], ['ed25519:k2']])
  answers = () => published([b], { padding: 'x'.repeat(100_000) })
  await ring().refresh(b.serverName)
  expect(store.answers(b.serverName)).toHaveLength(4)
})

test('servers of a room that is being joined are believed where they agree, and nobody known contradicts', async () => {
  const inRoom = vouchers.map((signer) => signer.serverName)
  const [, c, d] = inRoom as [ServerName, ServerName, ServerName]
  const joining = async (known: ServerName[], witnesses: ServerName[]): Promise<string> => {
    const keys = createKeyRing({
      ...{ client, store: createServerKeyStore(openMemoryDatabase()), clock, signer: us },
      notaries: { trusted: [], neighbours: () => known },
    })
    const pdu = event(b, clock.now())
    expect((await keys.verify(pdu)).result).toBe('unavailable')
    const vouchedFor = await keys.askWitnesses?.([pdu], witnesses)
    const { result } = await keys.verify(pdu)
    expect([...(vouchedFor ?? [])]).toEqual(result === 'valid' ? [b.serverName] : [])
    return result
  }
  vouching(() => b)
  expect(await joining([], [c, d])).toBe('valid')
  expect(await joining([], [c, us.serverName, b.serverName])).toBe('unavailable')
  vouching((server) => (server === notary.serverName ? mallory : b))
  expect(await joining([], [c, d])).toBe('valid')
  expect(await joining([notary.serverName], [c, d])).toBe('unavailable')
})
