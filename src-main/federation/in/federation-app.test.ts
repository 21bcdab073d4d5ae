import { connect } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { canonicalJson } from '../../core/canonical-json.ts'
import { verifyJsonSignature } from '../../core/signatures.ts'
import type { JsonObject, PduJson, RoomAlias, RoomId, ServerName, Signer } from '../../core/types.ts'
import { RoomError, type Rooms } from '../../rooms/api.ts'
import { systemClock } from '../../trace/clock.ts'
import { Logger, LogItem } from '../../trace/log.ts'
import { fakeClock, serve, testSigner } from '../test-support.ts'
import { authorizationHeader } from '../x-matrix.ts'
import { createFederationApp, type FederationDeps } from './index.ts'

const calls: unknown[] = []
const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  calls.length = 0
  for (const close of closers.splice(0)) await close()
})

const us = await testSigner(1, 'us.example')
const peer = await testSigner(2, 'peer.example')

const record =
  <T>(name: string, answer: T) =>
  (...args: unknown[]): T => {
    calls.push([name, ...args])
    return answer
  }

/** Rooms as far as these tests go: they note the call and give a fixed answer. */
const rooms = {
  receiveTransaction: record('receiveTransaction', Promise.resolve({ $1: {} })),
  makeMembership: record(
    'makeMembership',
    Promise.resolve({ roomVersion: '12', event: { type: 'm.room.member' } }),
  ),
  receiveJoin: record(
    'receiveJoin',
    Promise.resolve({ event: { e: 1 }, state: [{ s: 1 }], authChain: [{ a: 1 }] }),
  ),
  receiveLeave: () => Promise.reject(new RoomError(403, 'M_FORBIDDEN', 'Not in the room.', { extra: 1 })),
  receiveInvite: record('receiveInvite', Promise.resolve({ signed: true } as PduJson)),
  backfillForServer: record('backfillForServer', [{ json: { b: 1 } }]),
  eventForServer: () => {
    throw new Error('secret detail')
  },
  resolveAlias: (alias: RoomAlias) =>
    Promise.resolve({ roomId: `!r${alias}` as RoomId, servers: [us.serverName] }),
} as unknown as Rooms

function app(over: Partial<FederationDeps> = {}) {
  return createFederationApp({
    serverName: us.serverName,
    signer: us,
    rooms,
    keyRing: {
      requestKey: (server, keyId) =>
        Promise.resolve(
          server === peer.serverName && keyId === peer.keyId
            ? { result: 'found', publicKey: peer.publicKey }
            : { result: 'unavailable', reason: 'no route' },
        ),
    },
    log: new Logger(systemClock),
    clock: systemClock,
    domainAllowed: (server) => server !== 'denied.example',
    profile: (user) => (user === '@ann:us.example' ? { displayname: 'Ann' } : undefined),
    rateLimits: true,
    version: '1.0',
    ...over,
  })
}

interface Ask {
  readonly method?: string
  readonly uri?: string
  readonly signedUri?: string
  readonly content?: JsonObject
  readonly signedContent?: JsonObject
  readonly signer?: Signer
  readonly destination?: string
  readonly header?: string
  readonly body?: BodyInit
}

async function ask(
  target: ReturnType<typeof app>,
  given: Ask = {},
): Promise<{ status: number; body: JsonObject }> {
  const method = given.method ?? (given.content === undefined ? 'GET' : 'PUT')
  const uri = given.uri ?? '/_matrix/federation/v1/query/profile?user_id=%40ann%3Aus.example'
  const signer = given.signer ?? peer
  const destination = (given.destination ?? us.serverName) as ServerName
  const signed = { method, uri: given.signedUri ?? uri, origin: signer.serverName, destination }
  const content = given.signedContent ?? given.content
  const response = await target.request(`https://us.example${uri}`, {
    method,
    headers: { authorization: given.header ?? authorizationHeader(signer, { ...signed, content }) },
    body: given.body ?? (given.content === undefined ? null : JSON.stringify(given.content)),
    duplex: 'half',
  } as RequestInit)
  return { status: response.status, body: (await response.json()) as JsonObject }
}

const send = (content: JsonObject): Ask => ({ uri: '/_matrix/federation/v1/send/t1', content })

test('a signed request is served, and its sender is known to be alive', async () => {
  const inbound: string[] = []
  const target = app({ onInbound: (server) => inbound.push(server) })
  expect(await ask(target)).toEqual({ status: 200, body: { displayname: 'Ann' } })
  expect(await ask(target, send({ pdus: [{ p: 1 }], edus: [{ e: 1 }], origin: 'peer.example' }))).toEqual({
    status: 200,
    body: { pdus: { $1: {} } },
  })
  const item: unknown = expect.any(LogItem)
  expect(calls).toEqual([['receiveTransaction', 'peer.example', 't1', [{ p: 1 }], [{ e: 1 }], item]])
  expect(inbound).toEqual(['peer.example', 'peer.example'])
})

test('a transaction in the name of another server than the one that signed the request is refused, and this is told', async () => {
  const items: LogItem[] = []
  const target = app({ log: new Logger(systemClock, [(item) => items.push(item)]) })
  const answer = await ask(target, send({ pdus: [{ p: 1 }], origin: 'other.example' }))
  expect(answer).toMatchObject({ status: 400, body: { errcode: 'M_INVALID_PARAM' } })
  expect(answer.body['error']).toMatch(/says that other\.example sends it, but peer\.example signed it/)
  const refused = items.flatMap((item) => item.children).find(({ label }) => label === 'refused')
  expect(refused?.values['reason']).toBe(answer.body['error'])
  expect((await ask(target, send({ origin: 7 }))).status).toBe(400)
  expect(calls).toEqual([])
  // Who leaves it out says nothing wrong.
  expect((await ask(target, send({ pdus: [] }))).status).toBe(200)
})

test.each<[string, Ask, RegExp]>([
  ['without authorization', { header: '' }, /scheme/],
  ['for another destination', { destination: 'other.example' }, /is for other\.example/],
  ['with another path signed', { signedUri: '/_matrix/federation/v1/version' }, /does not fit/],
  ['with another query signed', { signedUri: '/_matrix/federation/v1/query/profile' }, /does not fit/],
  ['with another content signed', { ...send({ pdus: [] }), signedContent: { pdus: [1] } }, /does not fit/],
  [
    'of a server whose keys cannot be had',
    { signer: { ...peer, serverName: 'x.example' as ServerName } },
    /no route/,
  ],
  ['of this very server', { signer: us }, /this very server/],
  [
    'with a rubbish signature',
    { header: 'X-Matrix origin=peer.example,key="ed25519:1",sig="AA"' },
    /malformed/,
  ],
])('a request %s is refused with 401', async (_what, given, reason) => {
  const inbound: string[] = []
  const answer = await ask(app({ onInbound: (server) => inbound.push(server) }), given)
  expect(answer).toMatchObject({ status: 401, body: { errcode: 'M_UNAUTHORIZED' } })
  expect(answer.body['error']).toMatch(reason)
  expect([...calls, ...inbound]).toEqual([])
})

test('a destination may be left out of the header, not out of what is signed', async () => {
  const uri = '/_matrix/federation/v1/query/profile?user_id=%40ann%3Aus.example'
  const bytes = (destination?: string): Uint8Array =>
    Buffer.from(canonicalJson({ method: 'GET', uri, origin: 'peer.example', destination }))
  const header = (destination?: string): string =>
    `X-Matrix origin=peer.example,key="${peer.keyId}",sig="${peer.sign(bytes(destination))}"`
  expect((await ask(app(), { header: header('us.example') })).status).toBe(200)
  expect((await ask(app(), { header: header() })).status).toBe(401)
})

test('a denied domain gets 403 with a sentence', async () => {
  const signer = { ...peer, serverName: 'denied.example' as ServerName }
  expect(await ask(app(), { signer })).toEqual({
    status: 403,
    body: {
      errcode: 'M_FORBIDDEN',
      error:
        'The owner of us.example does not allow denied.example: nothing is taken from it, and nothing is sent to it.',
      denied_origin: 'denied.example',
    },
  })
})

test('hostile bodies are refused before they reach the rooms', async () => {
  const target = app()
  const big = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(0x20)),
  })
  expect(await ask(target, { ...send({}), body: big })).toMatchObject({
    status: 413,
    body: { errcode: 'M_TOO_LARGE' },
  })
  expect((await ask(target, { ...send({}), body: '['.repeat(10_000) })).body['errcode']).toBe('M_NOT_JSON')
  expect((await ask(target, { ...send({}), body: '{"a":' })).body['errcode']).toBe('M_NOT_JSON')
  expect((await ask(target, { ...send({}), body: '[]' })).body['errcode']).toBe('M_BAD_JSON')
  expect((await ask(target, { ...send({}), body: '{"a":"\\ud800"}' })).status).toBe(401)
  expect((await ask(target, { ...send({}), body: new Uint8Array([0xff]) })).body['errcode']).toBe(
    'M_NOT_JSON',
  )
  expect(await ask(target, send({ pdus: 'x' }))).toMatchObject({
    status: 400,
    body: { errcode: 'M_BAD_JSON' },
  })
  expect(await ask(target, send({ pdus: Array(51).fill({}) }))).toMatchObject({ status: 400 })
  expect(await ask(target, send({ edus: Array(101).fill({}) }))).toMatchObject({ status: 400 })
  expect(await ask(target, send({ pdus: [1] }))).toMatchObject({ status: 400 })
  expect(calls).toEqual([])
})

test('a body that does not arrive is given up', async () => {
  const clock = fakeClock()
  const target = app({ clock })
  const asked = ask(target, {
    ...send({}),
    body: new ReadableStream({ pull: () => new Promise(() => undefined) }),
  })
  while (clock.pending() < 2) await new Promise((resolve) => setImmediate(resolve))
  clock.advance(60_000)
  expect((await asked).status).toBe(408)
})

test('identifiers are percent-decoded once, and the raw target is what counts for the signature', async () => {
  const target = app()
  await ask(target, {
    uri: '/_matrix/federation/v2/send_join/!r%3Ax.org/%24a%2Fb%2525',
    content: { type: 'm.room.member' },
  })
  await ask(target, { uri: '/_matrix/federation/v1/make_join/!r/%40u%3Apeer.example?ver=11&ver=12' })
  await ask(target, { uri: '/_matrix/federation/v1/backfill/!r?v=$a&v=%24b&limit=5000' })
  expect(calls).toEqual([
    ['receiveJoin', 'peer.example', '!r:x.org', '$a/b%25', { type: 'm.room.member' }],
    ['makeMembership', 'peer.example', 'join', '!r', '@u:peer.example', ['11', '12']],
    ['backfillForServer', 'peer.example', '!r', ['$a', '$b'], 100],
  ])
})

test('version 1 forms are wrapped in an array', async () => {
  const uri = '/_matrix/federation/v1/send_join/!r/$e'
  const answer = await ask(app(), { uri, content: {} })
  expect(answer.body).toMatchObject([200, { state: [{ s: 1 }], auth_chain: [{ a: 1 }], event: { e: 1 } }])
  const invite = '/_matrix/federation/v1/invite/!r/$e'
  const content = { x: 1, unsigned: { invite_room_state: [{ st: 1 }, 7] } }
  expect((await ask(app(), { uri: invite, content })).body).toEqual([200, { event: { signed: true } }])
  expect(calls.at(-1)).toEqual([
    'receiveInvite',
    'peer.example',
    { roomId: '!r', eventId: '$e', roomVersion: '1', json: { x: 1 }, strippedState: [{ st: 1 }] },
  ])
})

test('refusals of the rooms keep their code; other errors give nothing away', async () => {
  const uri = '/_matrix/federation/v2/send_leave/!r/$e'
  expect(await ask(app(), { uri, content: {} })).toEqual({
    status: 403,
    body: { errcode: 'M_FORBIDDEN', error: 'Not in the room.', extra: 1 },
  })
  const failed = await ask(app(), { uri: '/_matrix/federation/v1/event/$e' })
  expect(failed).toMatchObject({ status: 500, body: { errcode: 'M_UNKNOWN' } })
  expect(JSON.stringify(failed.body)).not.toContain('secret')
})

test('unknown endpoints and methods are M_UNRECOGNIZED; bad parameters are named', async () => {
  const status = async (given: Ask) => {
    const { status: code, body } = await ask(app(), given)
    return [code, body['errcode']]
  }
  expect(await status({ uri: '/_matrix/federation/v1/nothing' })).toEqual([404, 'M_UNRECOGNIZED'])
  expect(await status({ uri: '/_matrix/federation/v1/send/t1' })).toEqual([405, 'M_UNRECOGNIZED'])
  expect(await status({ uri: '/_matrix/federation/v1/version', content: {} })).toEqual([
    405,
    'M_UNRECOGNIZED',
  ])
  expect(await status({ uri: '/_matrix/federation/v1/query/profile' })).toEqual([400, 'M_MISSING_PARAM'])
  expect(await status({ uri: '/_matrix/federation/v1/query/profile?user_id=x' })).toEqual([
    400,
    'M_INVALID_PARAM',
  ])
  expect(await status({ uri: '/_matrix/federation/v1/query/profile?user_id=@bob:us.example' })).toEqual([
    404,
    'M_NOT_FOUND',
  ])
  expect(
    await status({ uri: '/_matrix/federation/v1/query/directory?room_alias=%23a:other.example' }),
  ).toEqual([404, 'M_NOT_FOUND'])
})

test('keys and version are open to all, and the keys are signed', async () => {
  const target = app({ oldKeys: () => [{ keyId: peer.keyId, publicKey: 'b2xk', expiredTs: 5 }] })
  const keys = (await (await target.request('/_matrix/key/v2/server')).json()) as JsonObject
  expect(keys).toMatchObject({
    server_name: 'us.example',
    verify_keys: { [us.keyId]: { key: us.publicKey } },
    old_verify_keys: { [peer.keyId]: { key: 'b2xk', expired_ts: 5 } },
  })
  expect(keys['valid_until_ts']).toBeGreaterThan(Date.now())
  expect(verifyJsonSignature(keys, us.serverName, us.keyId, us.publicKey)).toBe(true)
  const version = await target.request('/_matrix/federation/v1/version')
  expect(await version.json()).toEqual({
    server: { name: 'Hearth', version: '1.0' },
    'org.hearth.now': expect.any(Number) as number,
  })
})

test('a peer that asks too often gets 429 with the time to wait, and another does not suffer', async () => {
  const clock = fakeClock()
  const target = app({ clock })
  const statuses = new Set<number>()
  let limited: JsonObject = {}
  for (let i = 0; i < 520; i++) {
    const { status, body } = await ask(target)
    statuses.add(status)
    if (status === 429) limited = body
  }
  expect([...statuses]).toEqual([200, 429])
  expect(limited).toMatchObject({ errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: expect.any(Number) as number })
  clock.advance(1000)
  expect((await ask(target)).status).toBe(200)
})

test('a flood of events or EDUs is refused whole, room by room, and another server sends on', async () => {
  const clock = fakeClock()
  const found = { result: 'found', publicKey: peer.publicKey } as const
  const target = app({ clock, keyRing: { requestKey: () => Promise.resolve(found) } })
  const other = { ...peer, serverName: 'other.example' as ServerName }
  let now = 0
  const transaction = async (content: JsonObject, signer: Signer = peer) => {
    // Requests have a limit of their own.
    clock.advance(10)
    const uri = `/_matrix/federation/v1/send/t${now++}`
    return await ask(target, { uri, content, signer })
  }
  const events = (room: string): JsonObject => ({
    pdus: Array.from({ length: 50 }, () => ({ room_id: room })),
  })
  let answer = await transaction(events('!loud:x'))
  for (let n = 1; n < 400 && answer.status === 200; n++) answer = await transaction(events('!loud:x'))
  expect(answer).toMatchObject({ status: 429, body: { errcode: 'M_LIMIT_EXCEEDED' } })
  const wait = answer.body['retry_after_ms'] as number
  expect(wait).toBeGreaterThan(0)
  expect(wait).toBeLessThan(1_000)
  expect((await transaction(events('!loud:x'), other)).status).toBe(200)
  expect((await transaction({ pdus: [{ room_id: '!quiet:x' }] })).status).toBe(200)
  clock.advance(wait)
  expect((await transaction(events('!loud:x'))).status).toBe(200)

  const edus = { edus: Array.from({ length: 100 }, () => ({ edu_type: 'm.typing', content: {} })) }
  answer = await transaction(edus)
  for (let n = 0; n < 100 && answer.status === 200; n++) answer = await transaction(edus)
  expect(answer.status).toBe(429)
  const reached = calls.length
  expect((await transaction(edus)).status).toBe(429)
  expect(calls.length).toBe(reached)
  expect((await transaction(edus, other)).status).toBe(200)
  expect((await transaction({ pdus: [{ room_id: '!quiet:x' }] })).status).toBe(200)
})

test('over a real socket, the request line as it was sent is what is verified', async () => {
  const server = await serve(us, app().fetch as never)
  closers.push(() => server.close())
  const uri = '/_matrix/federation/v1/query/profile?user_id=@ann:us.example&x=a+b|%7e'
  const header = authorizationHeader(peer, {
    method: 'GET',
    uri,
    origin: peer.serverName,
    destination: us.serverName,
    content: undefined,
  })
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false }, () => {
      socket.write(
        `GET ${uri} HTTP/1.1\r\nHost: us.example\r\nAuthorization: ${header}\r\nConnection: close\r\n\r\n`,
      )
    })
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    socket.on('end', () => resolve(text))
    socket.on('error', reject)
  })
  expect(answer).toContain('200 OK')
  expect(answer).toContain('"displayname":"Ann"')
})
