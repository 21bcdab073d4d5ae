import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RoomId } from '../../src-main/core/types.ts'
import type { TestNode } from '../harness/network.ts'
import { roomOfBoth, startPeople, type People } from '../harness/people.ts'

// What storms (weather.test.ts) brought to light, each by itself.

const HOUR = 3_600_000

let { network, one, two, alice, bob } = {} as People
let roomId: RoomId

beforeEach(async () => {
  const people = await startPeople(3)
  ;({ network, one, two, alice, bob } = people)
  roomId = await roomOfBoth(people, { roomVersion: '10' })
})

afterEach(() => network.stop())

/** As if the queue for the other server had been lost: what comes next leaves a gap. */
function forgetQueue(node: TestNode): void {
  node.db.run('DELETE FROM outbox_pdus')
}

test('what waits for others is not held up by a clock that is set back', async () => {
  await one.text(roomId, alice, 'missing')
  forgetQueue(one)
  for (const name of ['get_missing_events', 'state_ids', 'event']) network.wire.refused.add(name)
  await one.text(roomId, alice, 'waits')
  await network.run(5_000)
  expect(two.store.stagedRooms()).toEqual([roomId])
  two.clock.offset = -5 * HOUR
  network.wire.refused.clear()
  await network.run(30_000)
  expect(two.bodies(roomId)).toEqual(['missing', 'waits'])
})

test('who comes back with a clock that was set back is back for everybody', async () => {
  await network.during(two.rooms.leaveRoom({ user: bob, roomId }))
  await network.settle()
  two.clock.offset = -5 * HOUR
  // Somebody writes while the join is on its way: the room forks, and state resolution goes by the clocks.
  const receive = one.rooms.receiveJoin.bind(one.rooms)
  one.rooms.receiveJoin = async (...args) => {
    await one.text(roomId, alice, 'meanwhile')
    return receive(...args)
  }
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId, via: [one.name] }))
  await network.settle()
  expect(one.membership(roomId, bob)).toBe('join')
  await two.text(roomId, bob, 'back')
  await network.settle()
  expect(one.bodies(roomId)).toEqual(['meanwhile', 'back'])
})

test('a server that is put out may fetch what it missed before, and so learns of it', async () => {
  await one.text(roomId, alice, 'missing')
  forgetQueue(one)
  await one.rooms.banUser({ roomId, sender: alice, target: bob, reason: 'enough' })
  await network.settle()
  expect(two.store.localMembership(bob, roomId)?.membership).toBe('ban')
  expect(two.store.getRoom(roomId)?.participating).toBe(false)
  // And nothing of what comes after.
  const after = await one.text(roomId, alice, 'among us')
  expect(() => one.rooms.eventForServer(two.name, after)).toThrow(/not in this room/)
})
