import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createMedia } from '../../media/index.ts'
import { Database } from '../../storage/database.ts'
import { MediaStore } from '../../storage/media-store.ts'
import { migrate } from '../../storage/migrate.ts'
import { migrations } from '../../storage/migrations/index.ts'
import { systemClock } from '../../trace/clock.ts'
import { systemRandom } from '../../trace/system-random.ts'
import { createTestNode, field, serverName, type TestClient, type TestNode } from '../test-node.ts'

const day = 24 * 60 * 60_000
let dir: string
let database: Database
let node: TestNode
let now = Date.now()

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearth-media-key-'))
  database = new Database(':memory:')
  migrate(database, migrations, { backup: false })
  const clock = { ...systemClock, now: () => now }
  const records = new MediaStore(database)
  const media = createMedia({ dir, records, serverName, clock, random: systemRandom })
  node = await createTestNode({ clock, media })
})

afterEach(async () => {
  await node.stop()
  database.close()
  await rm(dir, { recursive: true })
})

async function upload(client: TestClient, text: string): Promise<string> {
  const answer = await node.app.request('/_matrix/media/v3/upload', {
    method: 'POST',
    body: text,
    headers: { authorization: `Bearer ${client.token}`, 'content-type': 'text/plain' },
  })
  return field((await answer.json()) as { content_uri: string }, 'content_uri').slice('mxc://'.length)
}

const keyOf = async (client: TestClient): Promise<string> =>
  field(await client.call('GET', '/_hearth/v1/media-key'), 'key')

test('a media key reads files without an access token, and does nothing else', async () => {
  const alice = await node.client('alice')
  const file = await upload(alice, 'hello')
  const key = await keyOf(alice)
  const get = async (path: string, method = 'GET'): Promise<Response> =>
    node.app.request(`${path}?hearth_media_key=${key}`, { method })
  const whole = await get(`/_matrix/client/v1/media/download/${file}`)
  expect([whole.status, await whole.text()]).toEqual([200, 'hello'])
  expect(whole.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
  expect((await get(`/_matrix/client/v1/media/download/${file}`, 'HEAD')).status).toBe(200)
  expect((await get(`/_matrix/client/v1/media/download/${file}/name.txt`)).status).toBe(200)
  for (const path of ['/_matrix/client/v3/sync', '/_matrix/client/v1/media/config', '/_hearth/v1/media-key'])
    expect((await get(path)).status).toBe(401)
  expect((await get('/_matrix/media/v3/upload', 'POST')).status).toBe(401)
  const wrong = await node.app.request(`/_matrix/client/v1/media/download/${file}?hearth_media_key=guess`)
  expect(wrong.status).toBe(401)
})

test('a key is the same while it is fresh, ends after a day, and ends with its session', async () => {
  const alice = await node.client('alice')
  const file = await upload(alice, 'hello')
  const read = async (key: string): Promise<number> =>
    (await node.app.request(`/_matrix/client/v1/media/download/${file}?hearth_media_key=${key}`)).status
  const first = await keyOf(alice)
  expect(await keyOf(alice)).toBe(first)
  now += day * 0.75
  const second = await keyOf(alice)
  expect(second).not.toBe(first)
  expect([await read(first), await read(second)]).toEqual([200, 200])
  now += day * 0.5
  expect([await read(first), await read(second)]).toEqual([401, 200])
  await alice.call('POST', '/logout', {})
  expect(await read(second)).toBe(401)
})
