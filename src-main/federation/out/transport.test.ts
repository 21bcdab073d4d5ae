import { readFileSync } from 'node:fs'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, expect, test, vi } from 'vitest'
import type { ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import { testSigner } from '../test-support.ts'
import { createNodeCertificate } from '../tls/create-certificate.ts'
import type { FederationRequest } from './signed-client.ts'
import { clientOf, closeAll, closers, noDns, start } from './client.fixture.ts'
import type { Dns } from './dns.ts'

afterEach(closeAll)

const get = (path = '/_matrix/x') => ({ method: 'GET' as const, path })
const ok = (): Response => Response.json({ ok: true })
const failure = async (work: Promise<unknown>): Promise<RemoteError> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(RemoteError)
  return error as RemoteError
}

test('a key-named peer is reached at the one of its addresses that works, on a kept-alive connection', async () => {
  const [a, b] = [await testSigner(1), await testSigner(2)]
  const server = await start(b, ok)
  const other = await start(await testSigner(3), ok)
  const client = clientOf(a, {
    candidates: () => [
      { host: '127.0.0.1', port: 9 },
      { host: '127.0.0.1', port: other.port },
      { host: '127.0.0.1', port: server.port },
    ],
  })
  expect(await client.request(b.serverName, get())).toEqual({ ok: true })
  await new Promise((resolve) => setImmediate(resolve))
  expect(await client.request(b.serverName, get())).toEqual({ ok: true })
  expect(server.seen).toEqual({
    connections: 1,
    requests: [`GET /_matrix/x ${b.serverName}`, `GET /_matrix/x ${b.serverName}`],
  })
  expect(other.seen.requests).toEqual([])
})

test('what is under way on a connection from before the line was dead goes again on a new one, and nothing else', async () => {
  const [a, b] = [await testSigner(1), await testSigner(2)]
  const held: ((answer: Response) => void)[] = []
  const server = await start(b, () => new Promise<Response>((resolve) => held.push(resolve)))
  const client = clientOf(a, { candidates: () => [{ host: '127.0.0.1', port: server.port }] })
  const old = client.request(b.serverName, get('/_matrix/old'))
  await vi.waitFor(() => expect(held).toHaveLength(1))
  const dead = performance.now()
  const young = client.request(b.serverName, get('/_matrix/young'))
  await vi.waitFor(() => expect(held).toHaveLength(2))
  client.connections.leaveOlder(a.serverName, Number.POSITIVE_INFINITY)
  client.connections.leaveOlder(b.serverName, dead)
  await vi.waitFor(() => expect(held).toHaveLength(3))
  for (const answer of held) answer(ok())
  expect(await Promise.all([old, young])).toEqual([{ ok: true }, { ok: true }])
  expect(server.seen.requests.map((request) => request.split(' ')[1])).toEqual([
    '/_matrix/old',
    '/_matrix/young',
    '/_matrix/old',
  ])
})

test.each([
  ['without a body', get()],
  ['with one', { ...get(), method: 'PUT', content: { a: 1 } } as const],
])(
  'a request %s waits for what was written before it, and is not sent where the disk refuses that',
  async (_, request) => {
    const [a, b] = [await testSigner(1), await testSigner(2)]
    const server = await start(b, ok)
    let safe = (): void => undefined
    const held = new Promise<void>((resolve) => (safe = resolve))
    let disk = (): Promise<void> => held
    let asked = 0
    const durable = (): Promise<void> => {
      asked += 1
      return disk()
    }
    const client = clientOf(a, { candidates: () => [{ host: '127.0.0.1', port: server.port }], durable })
    const answer = client.request(b.serverName, request)
    await vi.waitFor(() => expect(asked).toBe(1))
    await new Promise((resolve) => setImmediate(resolve))
    expect(server.seen.requests).toEqual([])
    safe()
    expect(await answer).toEqual({ ok: true })
    disk = () => Promise.reject(new Error('The disk refuses to write'))
    const error = await failure(client.request(b.serverName, request))
    expect(error.message).toContain('The disk refuses to write')
    expect(error.retryable).toBe(true)
    expect(server.seen.requests).toHaveLength(1)
    disk = () => Promise.resolve()
    expect(await client.request(b.serverName, request)).toEqual({ ok: true })
  },
)

test('a wrong certificate is refused before a byte of the request is written', async () => {
  const [a, b, mallory] = [await testSigner(1), await testSigner(2), await testSigner(3)]
  const server = await start(mallory, ok)
  let bytes = 0
  server.server.on('secureConnection', (socket: NodeJS.EventEmitter) => socket.on('data', () => bytes++))
  const client = clientOf(a, { candidates: () => [{ host: '127.0.0.1', port: server.port }] })
  const error = await failure(client.request(b.serverName, get()))
  expect(error.message).toContain('for another server key')
  expect(error.retryable).toBe(true)
  expect(server.seen.requests).toEqual([])
  expect(bytes).toBe(0)
})

test('a kept-alive connection that the peer closed is replaced at once, and so are those of an old network', async () => {
  const [a, b] = [await testSigner(1), await testSigner(2)]
  const certificate = await createNodeCertificate(b)
  let server = await start(certificate, ok)
  const { port } = server
  const client = clientOf(a, { candidates: () => [{ host: '127.0.0.1', port }] })
  await client.request(b.serverName, get())
  await server.close()
  server = await start(certificate, ok, port)
  expect(await client.request(b.serverName, get())).toEqual({ ok: true })
  client.connections.networkChanged()
  expect(await client.request(b.serverName, get())).toEqual({ ok: true })
  expect(server.seen.connections).toBe(2)
})

const external = Object.values(networkInterfaces())
  .flatMap((infos) => infos ?? [])
  .find((info) => !info.internal && info.family === 'IPv4')?.address

test.skipIf(external === undefined)(
  'a request on a connection whose own address is gone fails at once, others go on',
  async () => {
    const [a, b, c] = [await testSigner(1), await testSigner(2), await testSigner(3)]
    const slow = await start(b, () => new Promise<Response>(() => undefined), 0, '0.0.0.0')
    const other = await start(c, ok)
    const client = clientOf(a, {
      candidates: (server) =>
        server === b.serverName
          ? [{ host: external!, port: slow.port }]
          : [{ host: '127.0.0.1', port: other.port }],
    })
    await client.request(c.serverName, get())
    const asked = failure(client.request(b.serverName, get()))
    await vi.waitFor(() => expect(slow.seen.requests).toHaveLength(1))
    client.connections.keepThoseFrom(new Set([external!]))
    client.connections.keepThoseFrom(new Set())
    expect((await asked).message).toContain('is gone')
    expect(await client.request(c.serverName, get())).toEqual({ ok: true })
    expect(other.seen.connections).toBe(1)
  },
)

test('a domain name needs a certificate of the web, a known signing key, or the insecure option', async () => {
  const a = await testSigner(1)
  const b = await testSigner(2, 'b.example')
  const server = await start(b, ok)
  const target = { host: '127.0.0.1', port: server.port }
  const staticPeers = new Map([[b.serverName, target]])
  const error = await failure(clientOf(a, { staticPeers }).request(b.serverName, get()))
  expect(error.message).toContain('not valid for b.example')
  expect(server.seen.requests).toEqual([])
  const known = clientOf(a, { staticPeers, knownKeys: () => [b.publicKey] })
  expect(await known.request(b.serverName, get())).toEqual({ ok: true })
  const insecure = clientOf(a, { staticPeers, insecureSkipTlsVerify: true })
  expect(await insecure.request(b.serverName, get())).toEqual({ ok: true })
})

test('a domain-named peer found on the LAN is dialled there once its key is known, and publicly otherwise', async () => {
  const a = await testSigner(1)
  const b = await testSigner(2, 'b.example')
  const server = await start(b, ok)
  const candidates = () => [{ host: '127.0.0.1', port: server.port }]
  const client = clientOf(a, { candidates, knownKeys: () => [b.publicKey] })
  expect(await client.request(b.serverName, get())).toEqual({ ok: true })
  const error = await failure(clientOf(a, { candidates }).request(b.serverName, get()))
  expect(error.message).toContain('b.example has no address')
})

test('an extra certificate authority is trusted, for its host name only', async () => {
  const a = await testSigner(1)
  const pem = {
    cert: readFileSync(new URL('./test-certificates/hs1.pem', import.meta.url), 'utf8'),
    key: readFileSync(new URL('./test-certificates/hs1.key', import.meta.url), 'utf8'),
  }
  const ca = readFileSync(new URL('./test-certificates/ca.pem', import.meta.url), 'utf8')
  const server = await start(pem, ok)
  const dns: Dns = { ...noDns, addresses: () => Promise.resolve(['127.0.0.1']) }
  const client = clientOf(a, { dns, extraCas: [ca], allowPrivateAddresses: true })
  expect(await client.request(`hs1:${server.port}` as ServerName, get())).toEqual({ ok: true })
  expect(server.seen.requests).toEqual([`GET /_matrix/x hs1:${server.port}`])
  const error = await failure(client.request(`hs2:${server.port}` as ServerName, get()))
  expect(error.message).toContain('not valid for hs2')
})

test('a domain name that leads to a private address is not dialled', async () => {
  const a = await testSigner(1)
  const server = await start(await testSigner(2, 'b.example'), ok)
  for (const address of ['127.0.0.1', '::1', '10.1.2.3', '169.254.1.1', 'fd00::1', '::ffff:127.0.0.1']) {
    const dns: Dns = { ...noDns, addresses: () => Promise.resolve([address]) }
    const client = clientOf(a, { dns, insecureSkipTlsVerify: true })
    const error = await failure(client.request(`b.example:${server.port}` as ServerName, get()))
    expect(error.message).toContain('private address')
  }
  const literal = clientOf(a, { insecureSkipTlsVerify: true })
  await failure(literal.request(`127.0.0.1:${server.port}` as ServerName, get()))
  expect(server.seen.connections).toBe(0)
  const allowed = clientOf(a, { insecureSkipTlsVerify: true, allowPrivateAddresses: true })
  expect(await allowed.request(`127.0.0.1:${server.port}` as ServerName, get())).toEqual({ ok: true })
})

test('hostile answers become errors that say whether to retry', async () => {
  const [a, b] = [await testSigner(1), await testSigner(2)]
  let answer: () => Response = ok
  const server = await start(b, () => answer())
  const client = clientOf(a, { candidates: () => [{ host: '127.0.0.1', port: server.port }] })
  const ask = (over: object = {}): Promise<RemoteError> =>
    failure(client.request(b.serverName, { ...get(), ...over }))

  answer = () => new Response('[1]')
  expect(await ask()).toMatchObject({ retryable: false, status: 200 })
  answer = () => new Response('{"a":')
  expect(await ask()).toMatchObject({ retryable: false })
  answer = () => new Response('['.repeat(2000))
  expect((await ask()).message).toContain('nested deeper')
  answer = () => new Response(new Uint8Array([0x22, 0xff, 0x22]))
  expect((await ask()).message).toContain('failed')
  answer = () => new Response('x'.repeat(100_000))
  expect((await ask({ maxBytes: 50_000 })).message).toContain('larger than')
  answer = () => new Response(null, { status: 302, headers: { location: 'https://elsewhere.example/' } })
  expect(await ask()).toMatchObject({ status: 302, retryable: false })
  answer = () => Response.json({ errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 5 }, { status: 429 })
  expect(await ask()).toMatchObject({ status: 429, errcode: 'M_LIMIT_EXCEEDED', retryable: true })
  answer = () => Response.json({ errcode: 'M_FORBIDDEN', error: 'no' }, { status: 403 })
  expect(await ask()).toMatchObject({
    status: 403,
    retryable: false,
    message: expect.stringContaining('no') as string,
  })
  answer = () => new Response('<html>', { status: 502 })
  expect(await ask()).toMatchObject({ status: 502, errcode: undefined, retryable: true })
  // A body that never ends, drop by drop.
  answer = () =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 20))
          controller.enqueue(new Uint8Array([0x20]))
        },
      }),
    )
  expect(await ask({ timeoutMs: 200 })).toMatchObject({ status: undefined, retryable: true })
  expect((await failure(client.request('denied.example' as ServerName, get()))).message).toContain(
    'do not allow',
  )
  expect((await failure(client.request(a.serverName, get()))).retryable).toBe(false)
})

test('a server that denies this one is told by what it answers to a transaction, and by nothing less', async () => {
  const [a, b] = [await testSigner(1), await testSigner(2)]
  const noted: boolean[] = []
  let answer = ok
  const server = await start(b, () => answer())
  const client = clientOf(a, {
    candidates: () => [{ host: '127.0.0.1', port: server.port }],
    onAnswer: (_server, refuses) => noted.push(refuses),
  })
  const transaction: FederationRequest = {
    method: 'PUT',
    path: '/_matrix/federation/v1/send/1',
    content: { pdus: [] },
  }
  const after = async (response: Response, request = transaction): Promise<boolean[]> => {
    noted.length = 0
    answer = () => response
    await client
      .request(b.serverName, request)
      .catch((error: unknown) => expect(error).toBeInstanceOf(RemoteError))
    return [...noted]
  }
  const forbidden = (more = {}) =>
    Response.json({ errcode: 'M_FORBIDDEN', error: 'no', ...more }, { status: 403 })
  expect(await after(forbidden())).toEqual([true])
  // Elsewhere it may speak of a room or a person.
  expect(await after(forbidden(), get())).toEqual([])
  expect(await after(forbidden({ denied_origin: a.serverName }), get())).toEqual([true])
  expect(await after(forbidden({ denied_origin: b.serverName }), get())).toEqual([])
  // A proxy in front of it, and a server that does not believe who asks.
  expect(await after(new Response('<html>', { status: 403 }))).toEqual([])
  expect(await after(Response.json({ errcode: 'M_UNAUTHORIZED' }, { status: 401 }))).toEqual([])
  expect(await after(Response.json({ pdus: {} }))).toEqual([false])
})

test('a peer that accepts and then says nothing does not hold a request for ever', async () => {
  const [a, b] = [await testSigner(1), await testSigner(2)]
  const silent = createTcpServer((socket) => {
    socket.on('error', () => undefined).resume()
  })
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  closers.push(() => new Promise((resolve) => silent.close(() => resolve())))
  const { port } = silent.address() as AddressInfo
  const client = clientOf(a, { candidates: () => [{ host: '127.0.0.1', port }] })
  const begun = Date.now()
  const error = await failure(client.request(b.serverName, { ...get(), timeoutMs: 300 }))
  expect(error.retryable).toBe(true)
  expect(Date.now() - begun).toBeLessThan(2_000)
})

test('a large answer that is waited for holds up no other one of the same server', async () => {
  const [a, b] = [await testSigner(1), await testSigner(2)]
  let answer: (response: Response) => void = () => undefined
  const server = await start(b, (request) =>
    request.url.endsWith('/later') ? new Promise<Response>((resolve) => (answer = resolve)) : ok(),
  )
  const client = clientOf(a, { candidates: () => [{ host: '127.0.0.1', port: server.port }] })
  const large = (path: string) => client.request(b.serverName, { ...get(path), maxBytes: 100_000_000 })
  const later = large('/later')
  await vi.waitUntil(() => server.seen.requests.length === 1)
  expect(await large('/now')).toEqual({ ok: true })
  answer(ok())
  expect(await later).toEqual({ ok: true })
})
