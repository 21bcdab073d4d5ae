import { beforeEach, expect, test } from 'vitest'
import { roomVersionRules } from '../../core/room-versions.ts'
import { createSigner, signJson, signPduJson } from '../../core/signatures.ts'
import type { JsonObject, KeyId, Pdu, RoomVersionId, ServerName, Signer, UserId } from '../../core/types.ts'
import { openMemoryDatabase, type Database } from '../../storage/database.ts'
import { createServerKeyStore } from '../../storage/server-keys.ts'
import { fakeClock, publishedKeys, testSigner } from '../test-support.ts'
import { createKeyRing, type KeyRing } from './key-ring.ts'
import type { SignedClient } from './signed-client.ts'

// Servers that lie about their own keys: with keys of the past, and with two keys of one name.

const DAY = 24 * 3_600_000
const us = await testSigner(1, 'us.example')
const first = await testSigner(2, 'liar.example')
/** Another key under the same id. */
const second = createSigner(first.serverName, first.keyId, new Uint8Array(32).fill(3))
const liar: ServerName = first.serverName

let clock: ReturnType<typeof fakeClock>
let db: Database
let answer: () => JsonObject

beforeEach(() => {
  clock = fakeClock()
  db = openMemoryDatabase()
})

const client: SignedClient = {
  request: () => Promise.resolve().then(() => answer()),
  open: () => Promise.reject(new Error('not used')),
}
const ring = (): KeyRing => createKeyRing({ client, store: createServerKeyStore(db), clock, signer: us })

function event(signer: Signer, ts: number, version: RoomVersionId): Pdu {
  const rules = roomVersionRules(version)
  const sender = `@u:${liar}` as UserId
  const json = signPduJson({ type: 'm.x', sender, content: {}, origin_server_ts: ts }, rules, signer)
  return {
    json,
    type: 'm.x',
    sender,
    eventId: `$e:${liar}`,
    content: {},
    originServerTs: ts,
    roomVersion: version,
  } as unknown as Pdu
}

test.each<RoomVersionId>(['5', '6', '10', '12'])(
  'version %s: an event is not believed by a key that was valid until before it, and this is said',
  async (version) => {
    const until = clock.now() - DAY
    answer = () => publishedKeys(first, until)
    expect(await ring().verify(event(first, until + 1, version))).toEqual({
      result: 'invalid',
      reason: `${liar}: the key ${first.keyId} was not valid when the event was sent`,
    })
    expect(await ring().verify(event(first, until, version))).toEqual({ result: 'valid' })
  },
)

test.each<RoomVersionId>(['1', '4'])('version %s does not ask when a key was valid', async (version) => {
  answer = () => publishedKeys(first, 1)
  expect(await ring().verify(event(first, clock.now(), version))).toEqual({ result: 'valid' })
})

test('keys that have expired when they are shown sign no request', async () => {
  answer = () => publishedKeys(first, clock.now() - 1)
  expect(await ring().requestKey(liar, first.keyId)).toMatchObject({
    result: 'invalid',
    reason: expect.stringContaining('has expired') as string,
  })
})

test('a key of the far future is not believed for an event that is dated there', async () => {
  answer = () => publishedKeys(first, clock.now() + 3_650 * DAY)
  expect(await ring().verify(event(first, clock.now() + 7 * DAY, '10'))).toEqual({ result: 'valid' })
  expect((await ring().verify(event(first, clock.now() + 8 * DAY, '10'))).result).not.toBe('valid')
})

test('another key under the same id does not take the place of one that is valid, until that one has expired', async () => {
  answer = () => publishedKeys(first, clock.now() + DAY)
  const keys = ring()
  const before = event(first, clock.now(), '10')
  expect(await keys.verify(before)).toEqual({ result: 'valid' })
  answer = () => publishedKeys(second, clock.now() + DAY)
  expect(await keys.requestKey(liar, first.keyId)).toEqual({ result: 'found', publicKey: first.publicKey })
  expect(await keys.verify(event(second, clock.now(), '10'))).toMatchObject({
    result: 'invalid',
    reason: expect.stringContaining('does not hold') as string,
  })
  expect(await keys.verify(before)).toEqual({ result: 'valid' })
  clock.advance(DAY + 1)
  expect(await keys.requestKey(liar, first.keyId)).toEqual({ result: 'found', publicKey: second.publicKey })
  expect(await keys.verify(event(second, clock.now(), '10'))).toEqual({ result: 'valid' })
})

test('an answer that another key signed, or whose key has a name that is none, leaves no key behind', async () => {
  const keys = { [first.keyId]: { key: first.publicKey } }
  const bare = { server_name: liar, valid_until_ts: clock.now() + DAY, verify_keys: keys }
  for (const lie of [
    signJson(bare, second),
    { ...bare, verify_keys: { 'rsa:1': { key: first.publicKey } } },
  ]) {
    answer = () => lie
    expect(await ring().requestKey(liar, first.keyId)).toMatchObject({ result: 'unavailable' })
    expect(createServerKeyStore(db).keys(liar)).toEqual([])
  }
  expect(await ring().requestKey(liar, 'rsa:1' as KeyId)).toMatchObject({ result: 'unavailable' })
})
