import { afterEach, beforeEach, expect, test } from 'vitest'
import type { JsonObject } from '../../core/types.ts'
import { createTestNode, field, type TestClient, type TestNode } from '../test-node.ts'

const REPORTS = '/_hearth/v1/reports'
let node: TestNode
let owner: TestClient
let alice: TestClient
let bob: TestClient
beforeEach(async () => {
  node = await createTestNode()
  owner = await node.client('owner')
  alice = await node.client('alice')
  bob = await node.client('bob')
})
afterEach(() => node.stop())

const listed = async (query = ''): Promise<JsonObject[]> =>
  (await owner.call('GET', `${REPORTS}${query}`))['reports'] as JsonObject[]
/** What the owner's app hears by /sync: how many there are, how many are new. */
const announced = async (): Promise<unknown> => {
  const { account_data: data } = (await owner.sync()) as { account_data: { events: JsonObject[] } }
  return data.events.find((event) => event['type'] === 'org.hearth.reports')?.['content']
}

test('a reported message waits for the owner, who is not in the room: who, what, why, and to whom it may matter', async () => {
  const roomId = field(
    await alice.call('POST', '/createRoom', { name: 'Canoe weekend', preset: 'public_chat' }),
    'room_id',
  )
  await bob.call('POST', `/rooms/${roomId}/join`)
  await alice.call('PUT', '/profile/@alice:one.test/displayname', { displayname: 'Alice' })
  const message = { msgtype: 'm.text', body: 'buy this' }
  const eventId = field(await bob.call('PUT', `/rooms/${roomId}/send/m.room.message/1`, message), 'event_id')
  await alice.call('POST', `/rooms/${roomId}/report/${encodeURIComponent(eventId)}`, {
    reason: 'advertising',
  })

  const [report] = await listed()
  expect(report).toEqual({
    id: 1,
    ts: expect.any(Number),
    new: true,
    reporter: { user_id: alice.userId, name: 'Alice' },
    reason: 'advertising',
    user: { user_id: bob.userId },
    room: { room_id: roomId, name: 'Canoe weekend' },
    event_id: eventId,
    text: 'buy this',
    concerns: { servers: [], moderators: [{ user_id: alice.userId, name: 'Alice' }] },
  })
  expect(await announced()).toEqual({ total: 1, new: 1 })
  // What is deleted is deleted here too.
  await bob.call('PUT', `/rooms/${roomId}/redact/${encodeURIComponent(eventId)}/2`, {})
  expect((await listed())[0]).not.toHaveProperty('text')
})

test('a report about people of another server names that server; of a room that nobody here knows, no one', async () => {
  await owner.call('POST', '/users/@eve:b.example/report', { reason: 'rude' })
  await owner.call('POST', '/rooms/!elsewhere:c.example/report', { reason: 'all of it' })
  expect(await listed()).toMatchObject([
    { room: { room_id: '!elsewhere:c.example' }, concerns: { servers: [], moderators: [] } },
    { user: { user_id: '@eve:b.example' }, concerns: { servers: ['b.example'], moderators: [] } },
  ])
})

test('reports come in pages, are new until they were seen, and go when they are dismissed', async () => {
  for (const reason of ['one', 'two', 'three']) await alice.call('POST', '/users/@eve:x/report', { reason })
  const first = await owner.call('GET', `${REPORTS}?limit=2`)
  expect((first['reports'] as JsonObject[]).map((each) => each['reason'])).toEqual(['three', 'two'])
  const rest = await owner.call('GET', `${REPORTS}?from=${field(first, 'next')}`)
  expect((rest['reports'] as JsonObject[]).map((each) => each['reason'])).toEqual(['one'])
  expect(rest).not.toHaveProperty('next')

  // Another came in after the list was shown.
  await alice.call('POST', '/users/@eve:x/report', { reason: 'four' })
  await owner.call('POST', `${REPORTS}/seen`, { up_to: 3 })
  expect(await announced()).toEqual({ total: 4, new: 1 })
  await owner.call('DELETE', `${REPORTS}/2`)
  await owner.call('DELETE', `${REPORTS}/2`, undefined, 404)
  await owner.call('DELETE', `${REPORTS}/x`, undefined, 400)
  expect((await listed()).map((each) => [each['reason'], each['new']])).toEqual([
    ['four', true],
    ['three', false],
    ['one', false],
  ])
  expect(await announced()).toEqual({ total: 3, new: 1 })
  const own = `/user/${owner.userId}/account_data/org.hearth.reports`
  await owner.call('PUT', own, { total: 0, new: 0 }, 405)
})

test('only the owner reads, sees and dismisses reports', async () => {
  await alice.call('POST', '/users/@eve:x/report', {})
  await bob.call('GET', REPORTS, undefined, 403)
  await bob.call('POST', `${REPORTS}/seen`, { up_to: 1 }, 403)
  await bob.call('DELETE', `${REPORTS}/1`, undefined, 403)
  expect(await listed()).toHaveLength(1)
})

test('whoever reports without end is slowed down, and never pushes out what others said', async () => {
  await alice.call('POST', '/users/@eve:x/report', { reason: 'the first' })
  for (let i = 0; i < 130; i++) await bob.call('POST', '/users/@eve:x/report', { reason: `${i}` })
  expect(await owner.call('GET', REPORTS)).toMatchObject({ total: 101 })
  expect((await listed('?from=10'))[0]).toMatchObject({ reason: 'the first' })

  await node.stop()
  node = await createTestNode({ rateLimits: true })
  bob = await node.client('bob')
  for (let i = 0; i < 10; i++) await bob.call('POST', '/users/@eve:x/report', {})
  await bob.call('POST', '/users/@eve:x/report', {}, 429)
})
