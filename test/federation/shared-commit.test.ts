import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventId, RoomId, UserId } from '../../src-main/core/types.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'

// What happens at one moment is written in one transaction. What is wrong with one of it is its own affair.

let network: TestNetwork
let one: TestNode
let two: TestNode
let alice: UserId
let roomId: RoomId

beforeEach(async () => {
  network = await TestNetwork.start(33, 'one.test', 'two.test')
  one = network.node('one.test')
  two = network.node('two.test')
  alice = one.user('alice')
  roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
  await network.during(two.rooms.joinRoom({ user: two.user('bob'), room: roomId, via: [one.name] }))
  await network.settle()
})

afterEach(async () => {
  await network.stop()
})

const send = (sender: UserId, type: string, body: string): Promise<EventId> =>
  one.rooms.sendEvent({ roomId, sender, type, content: { body } })

/** Events of this type break the database of a node in the middle of being written. */
function breakOn(node: TestNode, type: string): void {
  node.db.exec(
    `CREATE TRIGGER broken AFTER INSERT ON forward_extremities
       WHEN (SELECT type FROM events WHERE event_id = NEW.event_id) = '${type}'
     BEGIN SELECT RAISE(ABORT, 'broken'); END`,
  )
}

const bodies = (node: TestNode): unknown[] =>
  node.store
    .timeline({ roomId, direction: 'backward', limit: 5 })
    .map(({ pdu }) => pdu.content['body'])
    .filter((body) => body !== undefined)

test('of messages sent at one moment, those that cannot be sent take no other with them', async () => {
  breakOn(one, 'org.example.broken')
  const sent = await Promise.allSettled([
    send(alice, 'm.room.message', 'first'),
    send(one.user('stranger'), 'm.room.message', 'from outside'),
    send(alice, 'org.example.broken', 'broken'),
    send(alice, 'm.room.message', 'second'),
  ])
  expect(sent.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
  expect(bodies(one)).toEqual(['second', 'first'])
  await network.settle()
  expect(bodies(two)).toEqual(['second', 'first'])
})

test('of events received in one transaction, one that cannot be written holds up no other, and comes later', async () => {
  breakOn(two, 'org.example.broken')
  const types = ['m.room.message', 'org.example.broken', 'm.room.message']
  // Beside each other, so that none needs another.
  const ends = one.store.forwardExtremities(roomId).map(({ eventId }) => eventId)
  for (const [n, type] of types.entries()) {
    await send(alice, type, `${n}`)
    one.store.transaction(() => one.store.setForwardExtremities(roomId, ends))
  }
  await network.run(1_000)
  expect(new Set(bodies(two))).toEqual(new Set(['0', '2']))
  two.db.exec('DROP TRIGGER broken')
  await network.settle()
  expect(new Set(bodies(two))).toEqual(new Set(['0', '1', '2']))
})

test('a message is received, placed and shown with one transaction on the disk', async () => {
  await network.run(60_000)
  let commits = 0
  two.db.beforeEveryCommit(() => commits++)
  await send(alice, 'm.room.message', 'hello')
  await network.run(1_000)
  expect(bodies(two)).toEqual(['hello'])
  expect(two.store.stagedRooms()).toEqual([])
  expect(commits).toBe(1)
})
