import { expect, test } from 'vitest'
import { createTestNode, field } from './test-node.ts'

const params = [
  'x',
  '__proto__',
  '%00',
  '%F0%9F%92%A9',
  '!room:one.test',
  '$event',
  '@alice:one.test',
  '@:',
  '%23alias:one.test',
  'a'.repeat(2000),
  '..%2F..%2Fetc',
]
const bodies: (string | undefined)[] = [
  undefined,
  '',
  'null',
  '[]',
  '{}',
  '"text"',
  '{"a":',
  '{"__proto__":{"x":1},"constructor":1}',
  '{"user_id":7,"room_id":[],"messages":{"@a:b":[]},"device_keys":{"@":[1]},"rooms":{}}',
  '{"number":1.5,"big":1e400,"body":"\\ud800"}',
  '{"room":{"timeline":{"limit":-1}},"search_categories":{"room_events":{"search_term":"a"}}}',
  '{"one_time_keys":{"@alice:one.test":{"D":"signed_curve25519"}},"invite":["nobody"],"name":7}',
  '{"actions":["notify"],"pattern":"((((((a+)+)+)+","conditions":[{"kind":"event_match"}]}',
]
const queries = [
  '',
  '?from=t1&to=s9_9_9&dir=b&limit=-5',
  '?since=s1_0&timeout=0&filter={',
  '?dir=f&from=t-99&ts=1&limit=x',
]

test('no endpoint answers garbage with a server error', async () => {
  const node = await createTestNode({ sharedSecret: 'hush' })
  let asked = 0
  try {
    const seen = new Set<string>()
    for (const { method, path } of node.app.routes) {
      const key = `${method} ${path}`
      if (method === 'ALL' || path.includes('/media/') || seen.has(key)) continue
      seen.add(key)
      for (const [i, param] of params.entries()) {
        for (const [j, body] of (method === 'GET' ? [undefined] : bodies).entries()) {
          // Every value meets every endpoint, though not every combination of them.
          if (i > 2 && j > 2 && (i + j) % 4 !== 0) continue
          const query = queries[(i + j) % queries.length] ?? ''
          const url = path.replace(/:\w+(\{[^}]*\})?/g, param) + query
          const alice = await freshToken()
          const headers = { authorization: `Bearer ${alice}`, 'content-type': 'application/json' }
          const init: RequestInit = body === undefined ? { method, headers } : { method, headers, body }
          const response = await node.app.request(url, init)
          asked++
          expect(response.status, `${method} ${url} ${body ?? ''}`).toBeLessThan(500)
          const json = (await response.json()) as { errcode?: unknown; flows?: unknown }
          if (response.status >= 400 && json.flows === undefined) {
            expect(json.errcode, `${method} ${url} ${body ?? ''}`).toMatch(/^M_[A-Z_]+$/)
          }
        }
      }
    }
    expect(node.errors).toEqual([])
    expect(asked).toBeGreaterThan(2000)
  } finally {
    await node.stop()
  }

  /** Some endpoints end the session; then there is a new one. */
  async function freshToken(): Promise<string> {
    if (token !== undefined && node.accounts.session(token) !== undefined) return token
    const client = await node.client('alice')
    token = client.token
    return token
  }
}, 60_000)

let token: string | undefined

test('events that no server could sign are refused with a reason', async () => {
  const node = await createTestNode()
  const alice = await node.client('alice')
  const roomId = field(await alice.call('POST', '/createRoom', {}), 'room_id')
  const send = (body: unknown, status: number) =>
    alice.call(
      'PUT',
      `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${Math.random()}`,
      body,
      status,
    )
  expect(await send({ n: 1.5 }, 400)).toMatchObject({ errcode: 'M_BAD_JSON' })
  expect(await send({ n: 2 ** 60 }, 400)).toMatchObject({ errcode: 'M_BAD_JSON' })
  expect(await send({ body: 'x'.repeat(70_000) }, 413)).toMatchObject({ errcode: 'M_TOO_LARGE' })
  await node.stop()
})
