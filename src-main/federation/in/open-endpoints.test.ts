import { expect, test } from 'vitest'
import { signJson, verifyJsonSignature } from '../../core/signatures.ts'
import type { JsonObject, ServerName, Signer, UserId } from '../../core/types.ts'
import type { Rooms } from '../../rooms/api.ts'
import { Logger } from '../../trace/log.ts'
import { fakeClock, testSigner } from '../test-support.ts'
import { createFederationApp, type FederationDeps } from './index.ts'
import type { PublishedKeys } from './notary.ts'

const us = await testSigner(1, 'us.example')
const b = await testSigner(2, 'b.example')
const clock = fakeClock()
const DAY = 24 * 3_600_000

function keysOf(signer: Signer, validUntilTs: number): JsonObject {
  return signJson(
    {
      server_name: signer.serverName,
      valid_until_ts: validUntilTs,
      verify_keys: { [signer.keyId]: { key: signer.publicKey } },
    },
    signer,
  )
}

function app(over: Partial<FederationDeps> = {}) {
  return createFederationApp({
    serverName: us.serverName,
    signer: us,
    rooms: {} as Rooms,
    keyRing: { requestKey: () => Promise.resolve({ result: 'unavailable', reason: 'no route' }) },
    log: new Logger(clock),
    clock,
    domainAllowed: (server) => server !== 'denied.example',
    profile: () => undefined,
    rateLimits: true,
    version: '1.0',
    ...over,
  })
}

async function ask(
  target: ReturnType<typeof app>,
  uri: string,
  init?: RequestInit,
): Promise<{ status: number; body: JsonObject }> {
  const response = await target.request(`https://us.example${uri}`, init)
  return { status: response.status, body: (await response.json()) as JsonObject }
}
const post = (server_keys: JsonObject): RequestInit => ({
  method: 'POST',
  body: JSON.stringify({ server_keys }),
})
const QUERY = '/_matrix/key/v2/query'

/** What was fetched before, and how a fetch of more goes. */
function published(
  known: Record<string, JsonObject>,
  onRefresh: (server: ServerName) => void = () => undefined,
) {
  const asked: string[] = []
  const keys: PublishedKeys = {
    answers: (server) => {
      const answer = known[server]
      return answer === undefined ? [] : [{ answer, validUntilTs: Number(answer['valid_until_ts']) }]
    },
    refresh(server) {
      asked.push(server)
      onRefresh(server)
      return Promise.resolve()
    },
  }
  return { keys, asked, known }
}

test('a notary passes on what a server published, with its own signature beside', async () => {
  const { keys, asked } = published({ 'b.example': keysOf(b, clock.now() + DAY) })
  for (const init of [undefined, post({ 'b.example': {} })]) {
    const uri = init === undefined ? `${QUERY}/b.example` : QUERY
    const { status, body } = await ask(app({ published: keys }), uri, init)
    expect(status).toBe(200)
    const [entry] = body['server_keys'] as JsonObject[]
    expect(verifyJsonSignature(entry ?? {}, b.serverName, b.keyId, b.publicKey)).toBe(true)
    expect(verifyJsonSignature(entry ?? {}, us.serverName, us.keyId, us.publicKey)).toBe(true)
  }
  expect(asked).toEqual([])
})

test('it asks the server where what it knows is not valid for long enough, and else says what it has', async () => {
  const soon = keysOf(b, clock.now() + 1000)
  const fresh = keysOf(b, clock.now() + DAY)
  const { keys, asked, known } = published({ 'b.example': soon }, (server) => {
    if (known[server] === soon) known[server] = fresh
  })
  const minimum = clock.now() + 2000
  const { body } = await ask(app({ published: keys }), `${QUERY}/b.example?minimum_valid_until_ts=${minimum}`)
  expect(body).toMatchObject({ server_keys: [{ valid_until_ts: clock.now() + DAY }] })
  expect(asked).toEqual(['b.example'])
  const later = { 'ed25519:1': { minimum_valid_until_ts: clock.now() + 2 * DAY } }
  const again = await ask(app({ published: keys }), QUERY, post({ 'b.example': later, 'gone.example': {} }))
  expect(again.body).toMatchObject({ server_keys: [{ server_name: 'b.example' }] })
  expect(asked).toEqual(['b.example', 'b.example', 'gone.example'])
})

test('its own keys, nothing of denied servers, and nonsense', async () => {
  const { keys, asked } = published({ 'denied.example': keysOf(b, 1) })
  const target = app({ published: keys })
  const own = await ask(target, QUERY, post({ 'us.example': {}, 'denied.example': {}, 'not a name': {} }))
  expect(own.body).toMatchObject({ server_keys: [{ server_name: 'us.example' }] })
  expect(own.body['server_keys']).toHaveLength(1)
  expect(asked).toEqual([])
  expect(await ask(target, QUERY, post({}))).toEqual({ status: 200, body: { server_keys: [] } })
  for (const uri of [`${QUERY}/not%20a%20name`, `${QUERY}/b.example?minimum_valid_until_ts=soon`]) {
    expect(await ask(target, uri)).toMatchObject({ status: 400, body: { errcode: 'M_INVALID_PARAM' } })
  }
  expect(await ask(target, QUERY, { method: 'POST', body: '{"server_keys":7}' })).toMatchObject({
    status: 400,
  })
})

test('strangers make it ask a few servers only', async () => {
  const { keys, asked } = published({})
  const target = app({ published: keys })
  const many = (from: number): RequestInit =>
    post(Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`s${from + n}.example`, {}])))
  await ask(target, QUERY, many(0))
  expect(asked).toHaveLength(20)
  await ask(target, QUERY, many(1000))
  expect(asked).toHaveLength(30)
  clock.advance(5_000)
  await ask(target, QUERY, many(2000))
  expect(asked).toHaveLength(35)
  let refused = 0
  for (let n = 0; n < 200; n++) if ((await ask(target, QUERY, post({}))).status === 429) refused++
  expect(refused).toBeGreaterThan(100)
})

test('an OpenID token says who asked for it', async () => {
  const target = app({
    openIdUser: (token) => (token === 'good' ? ('@ann:us.example' as UserId) : undefined),
  })
  const uri = '/_matrix/federation/v1/openid/userinfo'
  expect(await ask(target, `${uri}?access_token=good`)).toEqual({
    status: 200,
    body: { sub: '@ann:us.example' },
  })
  expect(await ask(target, `${uri}?access_token=bad`)).toMatchObject({
    status: 401,
    body: { errcode: 'M_UNKNOWN_TOKEN' },
  })
  expect(await ask(target, uri)).toMatchObject({ status: 400, body: { errcode: 'M_MISSING_PARAM' } })
  expect((await ask(app(), `${uri}?access_token=good`)).status).toBe(401)
})

test('.well-known says what the owner wants it to say, and is else not there', async () => {
  const wellKnown = {
    server: () => ({ 'm.server': 'm.us.example:443' }),
    client: () => undefined,
  }
  expect(await ask(app({ wellKnown }), '/.well-known/matrix/server')).toEqual({
    status: 200,
    body: { 'm.server': 'm.us.example:443' },
  })
  expect((await ask(app({ wellKnown }), '/.well-known/matrix/client')).status).toBe(404)
  expect((await ask(app(), '/.well-known/matrix/server')).status).toBe(404)
})
