import { afterEach, beforeEach, expect, test } from 'vitest'
import type { JsonObject } from '../core/types.ts'
import { createTestNode, field, type TestClient, type TestNode } from './test-node.ts'

let node: TestNode
let alice: TestClient
let bob: TestClient
let room: string
beforeEach(async () => {
  node = await createTestNode()
  alice = await node.client('alice')
  bob = await node.client('bob')
  room = field(await alice.call('POST', '/createRoom', { preset: 'public_chat' }), 'room_id')
  await bob.call('POST', `/join/${encodeURIComponent(room)}`, {})
})
afterEach(() => node.stop())

let txn = 0
async function say(content: JsonObject = {}): Promise<string> {
  const path = `/rooms/${room}/send/m.room.message/${txn++}`
  return field(await alice.call('PUT', path, { msgtype: 'm.text', body: 'x', ...content }), 'event_id')
}
const receipt = (id: string, body: object = {}, expected = 200, type = 'm.read') =>
  bob.call('POST', `/rooms/${room}/receipt/${type}/${encodeURIComponent(id)}`, body, expected)

test('a receipt in a thread names an event of that thread', async () => {
  const root = await say()
  const inThread = await say({ 'm.relates_to': { rel_type: 'm.thread', event_id: root } })
  const other = await say()
  await receipt(inThread, { thread_id: root })
  await receipt(root, { thread_id: root })
  await receipt(other, { thread_id: 'main' })
  for (const [id, thread] of [
    [other, root],
    [inThread, other],
    [other, ''],
    [other, 5],
  ] as const)
    expect(await receipt(id, { thread_id: thread }, 400)).toHaveProperty('errcode')
  expect(await receipt(other, { thread_id: 'main' }, 400, 'm.fully_read')).toMatchObject({
    errcode: 'M_INVALID_PARAM',
  })
  await receipt(other, {}, 400, 'm.unknown')
})

test('read markers set all three, and the private one is shown to its user alone', async () => {
  const [first, second] = [await say(), await say()]
  const since = field(await alice.sync(), 'next_batch')
  const ofBob = field(await bob.sync(), 'next_batch')
  await bob.call('POST', `/rooms/${room}/read_markers`, {
    'm.fully_read': first,
    'm.read': first,
    'm.read.private': second,
  })
  const shown = async (client: TestClient, token: string): Promise<string> =>
    JSON.stringify((await client.sync({ since: token }))['rooms'])
  const others = await shown(alice, since)
  expect(others).toContain(first)
  expect(others).not.toContain('m.read.private')
  const own = await shown(bob, ofBob)
  expect(own).toContain('m.read.private')
  expect(own).toContain('m.fully_read')
})
