import { afterEach, expect, test } from 'vitest'
import type { Signer } from '../../core/types.ts'
import { systemClock } from '../../trace/clock.ts'
import { Logger, type LogItem } from '../../trace/log.ts'
import { testSigner } from '../test-support.ts'
import { clientOf as loggingClientOf, closeAll, start } from './client.fixture.ts'
import type { ConnectionDeps } from './connections.ts'
import type { SignedClient, SignedClientDeps } from './signed-client.ts'

const logged: LogItem[] = []
afterEach(() => {
  logged.length = 0
  return closeAll()
})

const clientOf = (
  signer: Signer,
  over: Partial<ConnectionDeps & Pick<SignedClientDeps, 'durable'>>,
): SignedClient => loggingClientOf(signer, over, [(root) => logged.push(root)])

const put = { method: 'PUT', path: '/_matrix/x', content: { a: 'é' } } as const
const ok = (): Response => Response.json({ ok: true })

/** Labels with what was said, as deep as they go. */
type Tree = [label: string, said: Record<string, unknown>, ...steps: Tree[]]
function tree(item: LogItem): Tree {
  const error = item.error === undefined ? {} : { error: item.error.message }
  return [item.label, { ...item.values, ...error }, ...item.children.map(tree)]
}
function only(): LogItem {
  const [root, ...more] = logged.splice(0)
  expect(more).toEqual([])
  return root!
}

test('a request leaves its phases: the way, each address, TLS and its proof, the exchange, the answer', async () => {
  const [a, b] = [await testSigner(1), await testSigner(2)]
  const server = await start(b, ok)
  const other = await start(await testSigner(3), ok)
  const here = `127.0.0.1:${server.port}`
  const client = clientOf(a, {
    candidates: () => [
      { host: '127.0.0.1', port: 9 },
      { host: '127.0.0.1', port: other.port },
      { host: '127.0.0.1', port: server.port },
    ],
  })
  await client.request(b.serverName, put)
  const [label, said, resolve, connection, exchange, answer] = tree(only())
  expect([label, said]).toEqual([
    'federation request',
    { server: b.serverName, method: 'PUT', path: '/_matrix/x', status: 200 },
  ])
  expect(resolve).toEqual(['resolve', { way: 'node' }])
  const attempts = connection!.slice(2) as Tree[]
  expect(attempts.map(([name, { address }]) => [name, address])).toEqual([
    ['attempt', '127.0.0.1:9'],
    ['attempt', `127.0.0.1:${other.port}`],
    ['attempt', here],
  ])
  expect(attempts[0]![1]['error']).toContain('ECONNREFUSED')
  expect(attempts[2]).toEqual([
    'attempt',
    { address: here },
    ['connect', {}],
    ['TLS', { protocol: 'TLSv1.3', proof: 'key' }],
  ])
  expect(exchange).toEqual(['exchange', { address: here, reused: false, bytes: '{"a":"é"}'.length + 1 }])
  expect(answer).toEqual(['answer', { bytes: '{"ok":true}'.length }])

  await new Promise((resolved) => setImmediate(resolved))
  await client.request(b.serverName, put)
  expect(tree(only()).slice(2)).toEqual([
    ['resolve', { way: 'node' }],
    ['exchange', { address: here, reused: true, bytes: 10 }],
    ['answer', { bytes: 11 }],
  ])
})

test('the wait for our own disk is no part of the exchange', async () => {
  const [a, b] = [await testSigner(1), await testSigner(2)]
  const server = await start(b, ok)
  let asked = (): void => undefined
  const held = new Promise<void>((resolve) => (asked = resolve))
  let letGo = (): void => undefined
  const disk = new Promise<void>((resolve) => (letGo = resolve))
  const client = clientOf(a, {
    candidates: () => [{ host: '127.0.0.1', port: server.port }],
    durable: () => (asked(), disk),
  })
  const answer = client.request(b.serverName, put)
  await held
  // The connection is there, and the request may be of any length.
  await new Promise((resolve) => setImmediate(resolve))
  const free = systemClock.monotonic()
  letGo()
  await answer
  const exchange = only().children.find(({ label }) => label === 'exchange')
  expect(exchange?.started).toBeGreaterThanOrEqual(free)
})

test('steps end when they end: their times lie inside the request and follow each other', async () => {
  const [a, b] = [await testSigner(1), await testSigner(2)]
  const server = await start(b, ok)
  const client = clientOf(a, { candidates: () => [{ host: '127.0.0.1', port: server.port }] })
  await client.request(b.serverName, put)
  const root = only()
  const end = root.start + root.duration!
  let last = root.start
  for (const step of root.children) {
    expect(step.duration).toBeDefined()
    expect(step.start).toBeGreaterThanOrEqual(last)
    last = step.start + step.duration!
  }
  expect(last).toBeLessThanOrEqual(end)
})

test('a certificate for another key is a failed attempt that says so; a refusal keeps what was answered', async () => {
  const [a, b, mallory] = [await testSigner(1), await testSigner(2), await testSigner(3)]
  const liar = await start(mallory, ok)
  const client = clientOf(a, { candidates: () => [{ host: '127.0.0.1', port: liar.port }] })
  await expect(client.request(b.serverName, put)).rejects.toThrow()
  const [, , , connection] = tree(only())
  const attempt = connection![2]!
  expect(attempt[3]).toMatchObject([
    'TLS',
    { protocol: 'TLSv1.3', error: expect.stringContaining('for another server key') as string },
  ])

  const angry = await start(b, () => Response.json({ errcode: 'M_FORBIDDEN', error: 'no' }, { status: 403 }))
  const second = clientOf(a, { candidates: () => [{ host: '127.0.0.1', port: angry.port }] })
  await expect(second.request(b.serverName, put)).rejects.toThrow()
  expect(only().values).toMatchObject({ status: 403, errcode: 'M_FORBIDDEN' })
})

test('of a domain name the step of the specification is told, and whether it was known', async () => {
  const [a, b] = [await testSigner(1), await testSigner(2, 'b.example')]
  const server = await start(b, ok)
  const client = clientOf(a, {
    dns: {
      srv: (name) =>
        Promise.resolve(
          name.startsWith('_matrix-fed')
            ? [{ name: 'm.b.example', port: server.port, priority: 1, weight: 1 }]
            : [],
        ),
      addresses: (host) => Promise.resolve(host === 'm.b.example' ? ['127.0.0.1'] : []),
    },
    insecureSkipTlsVerify: true,
    allowPrivateAddresses: true,
  })
  const request = () => client.request(b.serverName, put)
  await request()
  await new Promise((resolved) => setImmediate(resolved))
  await request()
  const [first, second] = logged.splice(0).map(tree)
  expect(first?.[2]).toEqual(['resolve', { way: 'web', cached: false, host: 'b.example', step: '4' }])
  expect(first?.[3]).toMatchObject([
    'connection',
    {},
    ['look up', { host: 'm.b.example', addresses: '127.0.0.1' }],
    ['attempt', {}, ['connect', {}], ['TLS', { proof: 'not checked' }]],
  ])
  expect(second?.[2]).toEqual(['resolve', { way: 'web', cached: true, host: 'b.example', step: '4' }])
})

test('what belongs to an operation is a step of it, and no operation of its own', async () => {
  const [a, b] = [await testSigner(1), await testSigner(2)]
  const server = await start(b, ok)
  const client = clientOf(a, { candidates: () => [{ host: '127.0.0.1', port: server.port }] })
  const log = new Logger(systemClock, [(root) => logged.push(root)])
  await log.run('federation send', {}, (item) => client.request(b.serverName, { ...put, log: item }))
  const root = only()
  expect(root.label).toBe('federation send')
  expect(root.children.map((step) => step.label)).toEqual(['federation request'])
})
