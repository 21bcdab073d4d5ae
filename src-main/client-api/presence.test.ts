import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestNode, field, type TestClient, type TestNode } from './test-node.ts'

let node: TestNode
let alice: TestClient
let bob: TestClient
beforeEach(async () => {
  node = await createTestNode()
  alice = await node.client('alice')
  bob = await node.client('bob')
  const room = field(await alice.call('POST', '/createRoom', { preset: 'public_chat' }), 'room_id')
  await bob.call('POST', `/join/${encodeURIComponent(room)}`, {})
})
afterEach(() => node.stop())

const statusOf = (user: TestClient): string => `/presence/${user.userId}/status`

test('what a user says of themselves stays while a sync waits, and reaches those who share a room', async () => {
  const since = field(await alice.sync(), 'next_batch')
  const waiting = alice.sync({ since: field(await alice.sync({ since }), 'next_batch'), timeout: '30000' })
  const ofBob = field(await bob.sync(), 'next_batch')
  await alice.call('PUT', statusOf(alice), { presence: 'unavailable', status_msg: 'At lunch' })
  await waiting
  expect(await bob.call('GET', statusOf(alice))).toMatchObject({
    presence: 'unavailable',
    status_msg: 'At lunch',
  })
  const news = await bob.sync({ since: ofBob, timeout: '30000' })
  expect(JSON.stringify(news['presence'])).toContain('At lunch')
  // Told once.
  const next = await bob.sync({ since: field(news, 'next_batch') })
  expect(next['presence']).toEqual({ events: [] })
})

test('who asks not to be shown as online is not; strangers learn nothing', async () => {
  await alice.sync({ set_presence: 'offline' })
  await bob.call('GET', statusOf(alice), undefined, 404)
  await alice.sync()
  expect(await bob.call('GET', statusOf(alice))).toMatchObject({ presence: 'online', currently_active: true })
  await alice.sync({ set_presence: 'offline' })
  expect(await bob.call('GET', statusOf(alice))).toMatchObject({ presence: 'offline' })
  const eve = await node.client('eve')
  await eve.call('GET', statusOf(alice), undefined, 403)
  expect(JSON.stringify((await eve.sync())['presence'])).not.toContain(alice.userId)
  await eve.call('PUT', statusOf(alice), { presence: 'online' }, 403)
})
