import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestNode, field, type TestClient, type TestNode } from './test-node.ts'

let node: TestNode
let alice: TestClient

beforeEach(async () => {
  node = await createTestNode()
  alice = await node.client('alice')
})
afterEach(async () => node.stop())

const algorithm = 'm.megolm_backup.v1.curve25519-aes-sha2'
const newBackup = async (): Promise<string> =>
  field(
    await alice.call('POST', '/room_keys/version', { algorithm, auth_data: { public_key: 'p' } }),
    'version',
  )
const key = (first: number, forwarded: number, verified: boolean, text: string) => ({
  first_message_index: first,
  forwarded_count: forwarded,
  is_verified: verified,
  session_data: { ciphertext: text },
})
const room = encodeURIComponent('!r:one.test')

test('a backup is made, found, changed and deleted; the one before it is then the current one', async () => {
  await alice.call('GET', '/room_keys/version', undefined, 404)
  const first = await newBackup()
  const second = await newBackup()
  expect(second).not.toBe(first)
  expect(await alice.call('GET', '/room_keys/version')).toEqual({
    algorithm,
    auth_data: { public_key: 'p' },
    count: 0,
    etag: '0',
    version: second,
  })
  await alice.call('PUT', `/room_keys/version/${second}`, { algorithm, auth_data: { public_key: 'q' } })
  await alice.call('PUT', `/room_keys/version/${second}`, { algorithm: 'other', auth_data: {} }, 400)
  await alice.call('PUT', `/room_keys/version/${second}`, { algorithm, auth_data: {}, version: first }, 400)
  expect(await alice.call('GET', `/room_keys/version/${second}`)).toMatchObject({
    auth_data: { public_key: 'q' },
  })
  await alice.call('DELETE', `/room_keys/version/${second}`)
  await alice.call('DELETE', `/room_keys/version/${second}`)
  await alice.call('DELETE', '/room_keys/version/99', undefined, 404)
  await alice.call('GET', `/room_keys/version/${second}`, undefined, 404)
  expect(await alice.call('GET', '/room_keys/version')).toMatchObject({ version: first })
  // A number that was used once never comes again: clients keep what they know of it.
  expect(await newBackup()).toBe('3')
})

test('keys are stored one by one, by room and all together, and deleted likewise; the etag tells of it', async () => {
  const version = await newBackup()
  const at = `?version=${version}`
  const one = await alice.call('PUT', `/room_keys/keys/${room}/s1${at}`, key(1, 0, true, 'one'))
  expect(one).toMatchObject({ count: 1 })
  const two = await alice.call('PUT', `/room_keys/keys/${room}${at}`, {
    sessions: { s1: key(1, 0, true, 'same'), s2: key(0, 0, false, 'two') },
  })
  expect(two).toMatchObject({ count: 2 })
  expect(two['etag']).not.toBe(one['etag'])
  const rooms = {
    '!r:one.test': { sessions: {} },
    '!s:one.test': { sessions: { s3: key(0, 0, true, 'three') } },
  }
  expect(await alice.call('PUT', `/room_keys/keys${at}`, { rooms })).toMatchObject({ count: 3 })
  // Nothing new: the same etag, so that other devices need not look.
  const same = await alice.call('PUT', `/room_keys/keys${at}`, { rooms })
  expect(same).toEqual(await alice.call('PUT', `/room_keys/keys${at}`, { rooms: {} }))

  expect(await alice.call('GET', `/room_keys/keys/${room}/s1${at}`)).toEqual(key(1, 0, true, 'one'))
  await alice.call('GET', `/room_keys/keys/${room}/none${at}`, undefined, 404)
  expect(await alice.call('GET', `/room_keys/keys/${room}${at}`)).toEqual({
    sessions: { s1: key(1, 0, true, 'one'), s2: key(0, 0, false, 'two') },
  })
  expect(Object.keys((await alice.call('GET', `/room_keys/keys${at}`))['rooms'] ?? {}).sort()).toEqual([
    '!r:one.test',
    '!s:one.test',
  ])
  expect(await alice.call('GET', '/room_keys/version')).toMatchObject({ count: 3, etag: same['etag'] })

  expect(await alice.call('DELETE', `/room_keys/keys/${room}/s1${at}`)).toMatchObject({ count: 2 })
  expect(await alice.call('DELETE', `/room_keys/keys/${room}${at}`)).toMatchObject({ count: 1 })
  expect(await alice.call('DELETE', `/room_keys/keys${at}`)).toMatchObject({ count: 0 })
  expect(await alice.call('GET', `/room_keys/keys${at}`)).toEqual({ rooms: {} })
})

test('of two keys of a session the better one is kept: verified, then earlier, then forwarded less', async () => {
  const version = await newBackup()
  const path = `/room_keys/keys/${room}/s?version=${version}`
  for (const [uploaded, kept] of [
    [key(5, 5, false, 'a'), 'a'],
    [key(6, 0, false, 'later'), 'a'],
    [key(5, 6, false, 'forwarded more'), 'a'],
    [key(5, 4, false, 'b'), 'b'],
    [key(4, 9, false, 'c'), 'c'],
    [key(9, 9, true, 'd'), 'd'],
    [key(0, 0, false, 'unverified'), 'd'],
    [key(9, 9, true, 'the same'), 'd'],
  ] as const) {
    await alice.call('PUT', path, uploaded)
    expect(await alice.call('GET', path)).toMatchObject({ session_data: { ciphertext: kept } })
  }
})

test('an older backup takes no keys, and another user sees none', async () => {
  const old = await newBackup()
  await alice.call('PUT', `/room_keys/keys/${room}/s?version=${old}`, key(0, 0, true, 'old'))
  const current = await newBackup()
  const refused = await alice.call(
    'PUT',
    `/room_keys/keys/${room}/s?version=${old}`,
    key(0, 0, true, 'x'),
    403,
  )
  expect(refused).toMatchObject({ errcode: 'M_WRONG_ROOM_KEYS_VERSION', current_version: current })
  // What is in it can still be read.
  expect(await alice.call('GET', `/room_keys/keys/${room}/s?version=${old}`)).toMatchObject({
    session_data: { ciphertext: 'old' },
  })
  const bob = await node.client('bob')
  await bob.call('GET', `/room_keys/keys/${room}/s?version=${old}`, undefined, 404)
  await bob.call('PUT', `/room_keys/keys/${room}/s?version=${current}`, key(0, 0, true, 'x'), 404)
  await alice.call('PUT', `/room_keys/keys/${room}/s?version=${current}`, { first_message_index: -1 }, 400)
  await alice.call('GET', '/room_keys/keys', undefined, 400)
})
