import { createHmac } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { createLoginToken } from './index.ts'
import { createTestNode, field, serverName, type TestNode } from './test-node.ts'
import { systemClock, type Clock } from '../trace/clock.ts'
import { systemRandom } from '../trace/system-random.ts'

let node: TestNode
afterEach(async () => {
  expect(node.errors).toEqual([])
  await node.stop()
})

/** A clock that only the test moves; timers are not needed here. */
function testClock(): Clock & { advance(ms: number): void } {
  let now = 1_700_000_000_000
  return {
    now: () => now,
    monotonic: () => now,
    setTimeout: (fn, ms) => systemClock.setTimeout(fn, ms),
    advance(ms) {
      now += ms
    },
  }
}

test('password login opens a session that whoami knows and logout ends', async () => {
  node = await createTestNode()
  const alice = await node.client('alice', 'PHONE')
  expect(await alice.call('GET', '/account/whoami')).toEqual({
    user_id: '@alice:one.test',
    device_id: 'PHONE',
    is_guest: false,
  })
  await alice.call('POST', '/logout', {})
  expect(await alice.call('GET', '/account/whoami', undefined, 401)).toMatchObject({
    errcode: 'M_UNKNOWN_TOKEN',
  })
  const { status, json } = await node.request('GET', '/_matrix/client/v3/account/whoami')
  expect([status, json['errcode']]).toEqual([401, 'M_MISSING_TOKEN'])
})

test('wrong passwords are refused alike for known and unknown users, and soon limited', async () => {
  const clock = testClock()
  node = await createTestNode({ clock, rateLimits: true })
  await node.client('alice')
  const attempt = (user: string) =>
    node.request('POST', '/_matrix/client/v3/login', {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user },
      password: 'guess',
    })
  const known = await attempt('alice')
  const unknown = await attempt('nobody')
  expect(known).toEqual(unknown)
  expect([known.status, known.json['errcode']]).toEqual([403, 'M_FORBIDDEN'])
  for (let i = 0; i < 4; i++) await attempt('alice')
  const limited = await attempt('alice')
  expect([limited.status, limited.json['errcode']]).toEqual([429, 'M_LIMIT_EXCEEDED'])
  clock.advance(Number(limited.json['retry_after_ms']))
  expect((await attempt('alice')).status).toBe(403)
})

test('a login token works once, and not when it is too old', async () => {
  const clock = testClock()
  node = await createTestNode({ clock })
  const owner = node.accounts.ensureOwner()
  const make = () => createLoginToken({ accounts: node.accounts, random: systemRandom, clock }, owner)
  const use = (token: string) =>
    node.request('POST', '/_matrix/client/v3/login', { type: 'm.login.token', token })
  const token = make()
  expect((await use(token)).json['user_id']).toBe('@owner:one.test')
  expect((await use(token)).json['errcode']).toBe('M_FORBIDDEN')
  const late = make()
  clock.advance(16 * 60_000)
  expect((await use(late)).json['errcode']).toBe('M_FORBIDDEN')
})

test('bad bodies get the specification’s codes', async () => {
  node = await createTestNode()
  const alice = await node.client('alice')
  const login = (body: unknown) => node.request('POST', '/_matrix/client/v3/login', body)
  expect((await login('{"type":')).json['errcode']).toBe('M_NOT_JSON')
  expect((await login('[]')).json['errcode']).toBe('M_BAD_JSON')
  const wrong = await login({ type: 7 })
  expect(wrong.json).toMatchObject({ errcode: 'M_BAD_JSON' })
  expect(wrong.json['error']).toContain('type')
  expect((await login('['.repeat(500))).json['errcode']).toBe('M_BAD_JSON')
  const large = { displayname: 'x'.repeat(200_000) }
  expect(await alice.call('PUT', `/profile/${alice.userId}/displayname`, large, 413)).toMatchObject({
    errcode: 'M_TOO_LARGE',
  })
  expect(await alice.call('GET', '/no/such/thing', undefined, 404)).toMatchObject({
    errcode: 'M_UNRECOGNIZED',
  })
  expect(await alice.call('DELETE', '/sync', undefined, 405)).toMatchObject({ errcode: 'M_UNRECOGNIZED' })
})

test('every answer and preflight carries the CORS headers', async () => {
  node = await createTestNode()
  for (const [method, path] of [
    ['GET', '/_matrix/client/versions'],
    ['GET', '/_matrix/client/v3/sync'],
    ['GET', '/nowhere'],
    ['OPTIONS', '/_matrix/client/v3/login'],
  ] as const) {
    const response = await node.app.request(path, { method })
    expect(response.headers.get('access-control-allow-origin'), path).toBe('*')
    expect(response.headers.get('access-control-allow-headers'), path).toContain('Authorization')
  }
})

test('open registration takes the dummy stage; names are checked', async () => {
  node = await createTestNode()
  const register = (body: unknown, query = '') =>
    node.request('POST', `/_matrix/client/v3/register${query}`, body)
  const challenge = await register({ username: 'bob', password: 'pw' })
  expect(challenge.status).toBe(401)
  expect(challenge.json['flows']).toEqual([{ stages: ['m.login.dummy'] }])
  const auth = { type: 'm.login.dummy', session: challenge.json['session'] }
  const done = await register({ username: 'bob', password: 'pw', auth })
  expect(done.json).toMatchObject({ user_id: '@bob:one.test' })
  expect((await register({ username: 'bob', password: 'pw', auth })).json['errcode']).toBe('M_USER_IN_USE')
  expect((await register({ username: 'Bob!', password: 'pw' })).json['errcode']).toBe('M_INVALID_USERNAME')
  expect((await register({}, '?kind=guest')).json['errcode']).toBe('M_GUEST_ACCESS_FORBIDDEN')
  const free = await node.request('GET', '/_matrix/client/v3/register/available?username=carol')
  expect(free.json).toEqual({ available: true })
})

test('registration by token counts its uses', async () => {
  node = await createTestNode({ registration: 'token' })
  node.accounts.putRegistrationToken('invite-1', 1, undefined)
  const register = (username: string, token: string) =>
    node.request('POST', '/_matrix/client/v3/register', {
      username,
      password: 'pw',
      auth: { type: 'm.login.registration_token', token },
    })
  expect((await register('eve', 'wrong')).json).toMatchObject({ errcode: 'M_FORBIDDEN' })
  expect((await register('bob', 'invite-1')).status).toBe(200)
  expect((await register('carol', 'invite-1')).status).toBe(401)
})

test('the shared-secret endpoint exists only with a secret, and checks the HMAC', async () => {
  node = await createTestNode({ sharedSecret: 'hush', registration: 'closed' })
  const path = '/_synapse/admin/v1/register'
  const create = async (secret: string) => {
    const nonce = field((await node.request('GET', path)).json, 'nonce')
    const mac = createHmac('sha1', secret).update([nonce, 'bob', 'pw', 'notadmin'].join('\0')).digest('hex')
    return node.request('POST', path, { nonce, username: 'bob', password: 'pw', admin: false, mac })
  }
  expect((await create('guess')).status).toBe(403)
  expect((await create('hush')).json).toMatchObject({ user_id: '@bob:one.test', home_server: serverName })
  await node.stop()
  node = await createTestNode()
  expect((await node.request('GET', path)).status).toBe(404)
})

test('changing the password asks for the old one and ends other sessions', async () => {
  node = await createTestNode()
  const phone = await node.client('alice', 'PHONE')
  const laptop = await node.login('alice', 'secret-alice', 'LAPTOP')
  const challenge = await phone.call('POST', '/account/password', { new_password: 'new' }, 401)
  const auth = (password: string) => ({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: 'alice' },
    password,
    session: challenge['session'],
  })
  const wrong = await phone.call('POST', '/account/password', { new_password: 'new', auth: auth('no') }, 401)
  expect(wrong['errcode']).toBe('M_FORBIDDEN')
  await phone.call('POST', '/account/password', { new_password: 'new', auth: auth('secret-alice') })
  await laptop.call('GET', '/account/whoami', undefined, 401)
  await phone.call('GET', '/account/whoami')
  await node.login('alice', 'new')
})

test('devices are listed, renamed and deleted with the password', async () => {
  node = await createTestNode()
  const phone = await node.client('alice', 'PHONE')
  await node.login('alice', 'secret-alice', 'LAPTOP')
  await phone.call('PUT', '/devices/LAPTOP', { display_name: 'My laptop' })
  expect(await phone.call('GET', '/devices/LAPTOP')).toMatchObject({ display_name: 'My laptop' })
  const { session } = await phone.call('DELETE', '/devices/LAPTOP', {}, 401)
  const auth = { type: 'm.login.password', password: 'secret-alice', session }
  await phone.call('DELETE', '/devices/LAPTOP', { auth })
  const { devices } = await phone.call('GET', '/devices')
  expect(devices).toHaveLength(1)
})

test('account data, tags, filters and push rules are kept per user', async () => {
  node = await createTestNode()
  const alice = await node.client('alice')
  const bob = await node.client('bob')
  const mine = `/user/${alice.userId}`
  await alice.call('PUT', `${mine}/account_data/test.colour`, { colour: 'blue' })
  expect(await alice.call('GET', `${mine}/account_data/test.colour`)).toEqual({ colour: 'blue' })
  await bob.call('GET', `${mine}/account_data/test.colour`, undefined, 403)
  const made = await alice.call('POST', `${mine}/filter`, { room: { timeline: { limit: 3 } } })
  const id = field(made, 'filter_id')
  expect(await alice.call('GET', `${mine}/filter/${id}`)).toEqual({
    room: { timeline: { limit: 3 } },
  })
  await alice.call('POST', `${mine}/filter`, { room: { timeline: { limit: 'many' } } }, 400)
  await alice.call('PUT', `${mine}/rooms/!r:one.test/tags/m.favourite`, { order: 0.5 })
  expect(await alice.call('GET', `${mine}/rooms/!r:one.test/tags`)).toEqual({
    tags: { 'm.favourite': { order: 0.5 } },
  })

  await alice.call('PUT', '/pushrules/global/content/cake', { pattern: 'cake', actions: ['notify'] })
  await alice.call('PUT', '/pushrules/global/content/cake/enabled', { enabled: false })
  expect(await alice.call('GET', '/pushrules/global/content/cake')).toMatchObject({ enabled: false })
  await alice.call('DELETE', '/pushrules/global/override/.m.rule.master', undefined, 400)
  await alice.call('DELETE', '/pushrules/global/content/cake')
  await alice.call('GET', '/pushrules/global/content/cake', undefined, 404)
  const first = await alice.sync()
  const types = ((first['account_data'] as { events: { type: string }[] }).events ?? []).map((e) => e.type)
  expect(types).toEqual(expect.arrayContaining(['test.colour', 'm.push_rules']))
})

test('the private API answers only its owner', async () => {
  node = await createTestNode()
  const alice = await node.client('alice')
  await alice.call('GET', '/_hearth/v1/peers', undefined, 403)
  const token = createLoginToken(
    { accounts: node.accounts, random: systemRandom, clock: systemClock },
    node.accounts.ensureOwner(),
  )
  const { json } = await node.request('POST', '/_matrix/client/v3/login', { type: 'm.login.token', token })
  const peers = await node.request('GET', '/_hearth/v1/peers', undefined, field(json, 'access_token'))
  expect(peers).toEqual({ status: 200, json: { peers: [] } })
  const backup = '/_hearth/v1/identity-backup'
  await alice.call('POST', backup, { passphrase: 'long enough' }, 403)
  expect((await node.request('POST', backup, {}, field(json, 'access_token'))).status).toBe(400)
  const made = await node.request('POST', backup, { passphrase: 'x' }, field(json, 'access_token'))
  expect(made).toEqual({ status: 200, json: {} })
})

test('the owner, who has no password yet, sets one, and from then on is asked for it', async () => {
  node = await createTestNode()
  const owner = node.accounts.ensureOwner()
  const token = createLoginToken({ accounts: node.accounts, random: systemRandom, clock: systemClock }, owner)
  const { json } = await node.request('POST', '/_matrix/client/v3/login', { type: 'm.login.token', token })
  const access = field(json, 'access_token')
  const path = '/_matrix/client/v3/account/password'
  expect((await node.request('POST', path, { new_password: 'first' }, access)).status).toBe(200)
  expect((await node.request('POST', path, { new_password: 'second' }, access)).status).toBe(401)
  await node.login('owner', 'first')
})
