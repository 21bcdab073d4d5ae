import { beforeEach, expect, test } from 'vitest'
import { createSigner, signJson, signPduJson } from '../../core/signatures.ts'
import { roomVersionRules } from '../../core/room-versions.ts'
import type { JsonObject, KeyId, Pdu, RoomVersionId, ServerName, Signer } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import { Database } from '../../storage/database.ts'
import { federation } from '../../storage/migrations/0003-federation.ts'
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
  db = new Database(':memory:')
  db.exec(federation.sql)
  asked = []
})

const client: SignedClient = {
  request: (server, request) => {
    asked.push(`${server} ${request.path}`)
    return Promise.resolve().then(() => answers(server, request))
  },
  open: () => Promise.reject(new Error('not used')),
}
const ring = (notaries: ServerName[] = []): KeyRing =>
  createKeyRing({ client, store: createServerKeyStore(db), clock, signer: us, notaries })
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

test('a trusted notary vouches for a server that cannot be asked; nobody else does', async () => {
  const vouched = (by: Signer): JsonObject => ({ server_keys: [signJson(published([b]), by)] })
  let voucher = mallory
  answers = (server, request) => {
    if (server === b.serverName) return away(server)
    if (request.method === 'POST') return vouched(voucher)
    return signJson(
      {
        server_name: notary.serverName,
        valid_until_ts: clock.now() + DAY,
        verify_keys: { [notary.keyId]: { key: notary.publicKey } },
      },
      notary,
    )
  }
  expect(await ring([notary.serverName]).requestKey(b.serverName, b.keyId)).toMatchObject({
    result: 'unavailable',
  })
  voucher = notary
  expect(await ring([notary.serverName]).requestKey(b.serverName, b.keyId)).toMatchObject({ result: 'found' })
})
