import { afterEach, beforeEach, expect, test } from 'vitest'
import { own } from '../core/json.ts'
import { createSigner, signJson } from '../core/signatures.ts'
import type { JsonObject, KeyId, ServerName, Signer } from '../core/types.ts'
import { systemRandom } from '../trace/system-random.ts'
import { createTestNode, field, type TestClient, type TestNode } from './test-node.ts'

let node: TestNode
let alice: TestClient
let bob: TestClient

beforeEach(async () => {
  node = await createTestNode()
  alice = await node.client('alice', 'PHONE')
  bob = await node.client('bob', 'LAPTOP')
})
afterEach(async () => node.stop())

/** What signs for a user: a cross-signing key, or a device. */
function signerOf(client: TestClient, id?: string): Signer {
  const signer = createSigner(
    client.userId as unknown as ServerName,
    'ed25519:x' as KeyId,
    systemRandom.bytes(32),
  )
  return { ...signer, keyId: `ed25519:${id ?? signer.publicKey}` as KeyId }
}

const signingKey = (client: TestClient, usage: string, signer: Signer): JsonObject => ({
  user_id: client.userId,
  usage: [usage],
  keys: { [signer.keyId]: signer.publicKey },
})

const deviceKeys = (client: TestClient, signer: Signer): JsonObject =>
  signJson(
    {
      user_id: client.userId,
      device_id: client.deviceId,
      algorithms: ['m.megolm.v1.aes-sha2'],
      keys: { [signer.keyId]: signer.publicKey, [`curve25519:${client.deviceId}`]: 'c' },
    },
    signer,
  )

/** A user with device keys and all cross-signing keys uploaded. */
async function setUp(client: TestClient) {
  const device = signerOf(client, client.deviceId)
  const keys = deviceKeys(client, device)
  await client.call('POST', '/keys/upload', { device_keys: keys })
  const [master, self, user] = [signerOf(client), signerOf(client), signerOf(client)]
  const masterKey = signJson(signingKey(client, 'master', master), device)
  const body = {
    master_key: masterKey,
    self_signing_key: signJson(signingKey(client, 'self_signing', self), master),
    user_signing_key: signJson(signingKey(client, 'user_signing', user), master),
  }
  await client.call('POST', '/keys/device_signing/upload', body)
  return { device, keys, master, self, user, masterKey, body }
}

const query = async (viewer: TestClient, of: TestClient): Promise<JsonObject> =>
  viewer.call('POST', '/keys/query', { device_keys: { [of.userId]: [] } })

const tokenOf = async (client: TestClient): Promise<string> => field(await client.sync(), 'next_batch')

async function newsOf(client: TestClient, since: string): Promise<{ changed: string[]; left: string[] }> {
  const { device_lists: told } = await client.sync({ since })
  const { changed, left } = told as unknown as { changed: string[]; left: string[] }
  const to = await tokenOf(client)
  const same = await client.call('GET', `/keys/changes?from=${since}&to=${to}`)
  expect([...(same['changed'] as string[])].sort()).toEqual([...changed].sort())
  return { changed: changed.toSorted(), left }
}

async function shareRoom(encrypted: boolean): Promise<string> {
  const state = { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } }
  const room = field(
    await alice.call('POST', '/createRoom', {
      preset: 'public_chat',
      initial_state: encrypted ? [state] : [],
    }),
    'room_id',
  )
  await bob.call('POST', `/join/${encodeURIComponent(room)}`, {})
  return room
}

test('a new master key needs the password, the first one and the same again do not', async () => {
  const { body } = await setUp(alice)
  await alice.call('POST', '/keys/device_signing/upload', body)
  const renewed = { master_key: signingKey(alice, 'master', signerOf(alice)) }
  const challenge = await alice.call('POST', '/keys/device_signing/upload', renewed, 401)
  expect(challenge['flows']).toEqual([{ stages: ['m.login.password'] }])
  const auth = {
    type: 'm.login.password',
    session: challenge['session'],
    identifier: { type: 'm.id.user', user: 'alice' },
    password: 'secret-alice',
  }
  await alice.call('POST', '/keys/device_signing/upload', { ...renewed, auth })
  expect(own((await query(alice, alice))['master_keys'], alice.userId)).toMatchObject(renewed.master_key)
})

test('keys that the master key did not sign, or that look like a device, are refused', async () => {
  const upload = (body: object, status: number) =>
    alice.call('POST', '/keys/device_signing/upload', body, status)
  const [master, other] = [signerOf(alice), signerOf(alice)]
  const self = signingKey(alice, 'self_signing', signerOf(alice))
  expect(await upload({ self_signing_key: signJson(self, master) }, 400)).toMatchObject({
    errcode: 'M_MISSING_PARAM',
  })
  const masterKey = signingKey(alice, 'master', master)
  expect(await upload({ master_key: masterKey, self_signing_key: signJson(self, other) }, 400)).toMatchObject(
    { errcode: 'M_INVALID_SIGNATURE' },
  )
  await upload({ master_key: { ...masterKey, keys: { 'ed25519:PHONE': 'PHONE' } } }, 403)
  await upload({ master_key: { ...masterKey, user_id: bob.userId } }, 400)
  expect((await query(alice, alice))['master_keys']).toEqual({})
})

test('signatures of own devices and keys are for all to see, those of others for their maker alone', async () => {
  const a = await setUp(alice)
  const b = await setUp(bob)
  await shareRoom(true)
  const since = await tokenOf(bob)
  const signed = {
    [alice.userId]: {
      PHONE: signJson(a.keys, a.self),
      [a.master.publicKey]: signJson(a.masterKey, a.device),
    },
    [bob.userId]: { [b.master.publicKey]: signJson(b.masterKey, a.user) },
  }
  expect(await alice.call('POST', '/keys/signatures/upload', signed)).toEqual({ failures: {} })
  const signaturesIn = (answer: JsonObject, kind: string, of: TestClient) =>
    own(own(answer[kind], of.userId), 'signatures')

  const seenByBob = await query(bob, alice)
  const device = own(own(seenByBob['device_keys'], alice.userId), 'PHONE')
  expect(Object.keys(own(own(device, 'signatures'), alice.userId) ?? {}).sort()).toEqual(
    [a.device.keyId, a.self.keyId].sort(),
  )
  expect(seenByBob['user_signing_keys']).toEqual({})
  expect(Object.keys(signaturesIn(await query(alice, bob), 'master_keys', bob) ?? {})).toEqual([
    bob.userId,
    alice.userId,
  ])
  expect(Object.keys(signaturesIn(await query(bob, bob), 'master_keys', bob) ?? {})).toEqual([bob.userId])
  expect((await newsOf(bob, since)).changed).toEqual([alice.userId])
  // The device uploads its keys again, as it does after each start: what was signed of it stays.
  await alice.call('POST', '/keys/upload', { device_keys: a.keys })
  const again = own(own((await query(bob, alice))['device_keys'], alice.userId), 'PHONE')
  expect(again).toEqual(device)
})

test('a signature that does not fit is refused by name, the others are taken', async () => {
  const a = await setUp(alice)
  const b = await setUp(bob)
  const forged = signJson(a.keys, { ...signerOf(alice), keyId: a.self.keyId })
  const changed = signJson({ ...b.masterKey, usage: ['self_signing'] }, a.user)
  const answer = await alice.call('POST', '/keys/signatures/upload', {
    [alice.userId]: { PHONE: forged, [a.master.publicKey]: signJson(a.masterKey, a.device) },
    [bob.userId]: { [b.master.publicKey]: changed, LAPTOP: signJson(b.keys, a.user) },
  })
  expect(answer['failures']).toMatchObject({
    [alice.userId]: { PHONE: { errcode: 'M_INVALID_SIGNATURE' } },
    [bob.userId]: {
      [b.master.publicKey]: { errcode: 'M_INVALID_SIGNATURE' },
      LAPTOP: { errcode: 'M_NOT_FOUND' },
    },
  })
  expect(own(own(answer['failures'], alice.userId), a.master.publicKey)).toBeUndefined()
})

test('counts of one-time keys and unused fallback keys are told; uploads have limits', async () => {
  const keys = (count: number, from = 0) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`signed_curve25519:${from + n}`, { key: 'k' }]),
    )
  const fallback = { 'signed_curve25519:F': { key: 'f', fallback: true } }
  const upload = await alice.call('POST', '/keys/upload', { one_time_keys: keys(3), fallback_keys: fallback })
  expect(upload).toEqual({ one_time_key_counts: { signed_curve25519: 3 } })
  const claim = () =>
    bob.call('POST', '/keys/claim', { one_time_keys: { [alice.userId]: { PHONE: 'signed_curve25519' } } })
  expect(await alice.sync()).toMatchObject({
    device_one_time_keys_count: { signed_curve25519: 3 },
    device_unused_fallback_key_types: ['signed_curve25519'],
  })
  for (let n = 0; n < 4; n++) await claim()
  expect(await alice.sync()).toMatchObject({
    device_one_time_keys_count: { signed_curve25519: 0 },
    device_unused_fallback_key_types: [],
  })
  await alice.call('POST', '/keys/upload', { one_time_keys: { 'no-algorithm': 'k' } }, 400)
  await alice.call('POST', '/keys/upload', { one_time_keys: keys(1_001, 10) }, 400)
  await alice.call('POST', '/keys/upload', { one_time_keys: { 'a:b': { key: 'x'.repeat(5_000) } } }, 400)
  await alice.call('POST', '/keys/upload', { one_time_keys: keys(1_000, 10) })
  await alice.call('POST', '/keys/upload', { one_time_keys: keys(1, 5_000) }, 400)
})

test('a sync tells who came into an encrypted room, who changed, and who shares none any more', async () => {
  const before = await tokenOf(alice)
  const room = encodeURIComponent(await shareRoom(true))
  expect(await newsOf(alice, before)).toEqual({ changed: [bob.userId], left: [] })
  const joined = await tokenOf(alice)
  await bob.call('PUT', `/rooms/${room}/send/m.room.message/1`, { msgtype: 'm.text', body: 'x' })
  expect(await newsOf(alice, joined)).toEqual({ changed: [], left: [] })
  await bob.call('POST', '/keys/upload', { device_keys: deviceKeys(bob, signerOf(bob, 'LAPTOP')) })
  expect(await newsOf(alice, joined)).toEqual({ changed: [bob.userId], left: [] })
  const other = await node.client('bob', 'TABLET')
  const known = await tokenOf(alice)
  await bob.call('POST', '/logout')
  expect(await newsOf(alice, known)).toEqual({ changed: [bob.userId], left: [] })
  const gone = await tokenOf(alice)
  await other.call('POST', `/rooms/${room}/leave`, {})
  expect(await newsOf(alice, gone)).toEqual({ changed: [], left: [bob.userId] })
  const empty = await tokenOf(alice)
  await other.call('POST', '/keys/upload', { device_keys: deviceKeys(other, signerOf(other, 'TABLET')) })
  expect(await newsOf(alice, empty)).toEqual({ changed: [], left: [] })
})

test('who leaves a room no longer shares it with those in it; one more common room, and nobody is gone', async () => {
  const first = encodeURIComponent(await shareRoom(true))
  const second = encodeURIComponent(await shareRoom(false))
  const before = await tokenOf(alice)
  await alice.call('POST', `/rooms/${first}/leave`, {})
  expect((await newsOf(alice, before)).left).toEqual([])
  await alice.call('POST', `/rooms/${second}/leave`, {})
  expect((await newsOf(alice, before)).left).toEqual([bob.userId])
})

test('a message to devices waits until it is acknowledged, is never told twice, and has a size', async () => {
  const send = (txn: string, content: object, expected = 200) =>
    alice.call('PUT', `/sendToDevice/test/${txn}`, { messages: { [bob.userId]: { '*': content } } }, expected)
  for (let n = 0; n < 150; n++) await send(`t${n}`, { n })
  await send('t0', { n: 'again' })
  await send('large', { text: 'x'.repeat(65_536) }, 413)
  const first = await bob.sync()
  const read = (answer: JsonObject) =>
    (own(answer['to_device'], 'events') as unknown as { content: { n: number } }[]).map(
      ({ content }) => content.n,
    )
  expect(read(first)).toEqual(Array.from({ length: 100 }, (_, n) => n))
  // Not acknowledged: the answer may have been lost.
  expect(read(await bob.sync())).toEqual(read(first))
  const second = await bob.sync({ since: field(first, 'next_batch') })
  expect(read(second)).toEqual(Array.from({ length: 50 }, (_, n) => 100 + n))
  expect(read(await bob.sync({ since: field(second, 'next_batch') }))).toEqual([])
})
