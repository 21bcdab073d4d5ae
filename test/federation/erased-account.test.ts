/** Who wished to be erased is not told to those who come later, also where others of the server stay. */
import { afterEach, expect, test } from 'vitest'
import { TestNetwork } from '../harness/network.ts'

let network: TestNetwork
afterEach(() => network.stop())

test('a server that comes later gets what an erased account said without its content; who had it keeps it', async () => {
  network = await TestNetwork.start(31, 'a.test', 'b.test', 'c.test')
  const [a, b, c] = [network.node('a.test'), network.node('b.test'), network.node('c.test')]
  const [ann, dora, bob, cid] = [a.user('ann'), a.user('dora'), b.user('bob'), c.user('cid')]
  const roomId = await a.rooms.createRoom({ creator: ann, preset: 'public_chat' })
  await network.during(a.rooms.joinRoom({ user: dora, room: roomId }))
  await network.during(b.rooms.joinRoom({ user: bob, room: roomId, via: [a.name] }))
  await a.text(roomId, dora, 'said by dora')
  await a.text(roomId, ann, 'said by ann')
  await network.settle()
  a.store.transaction(() => a.rooms.removeAllRooms(dora, false))
  a.erased.add(dora)
  await network.during(a.rooms.resumeRemovals())
  await network.settle()
  expect(b.membership(roomId, dora)).toBe('leave')
  await expect(
    network.during(b.rooms.inviteUser({ roomId, sender: bob, target: dora })),
  ).rejects.toMatchObject({ status: 404 })

  network.wire.partition(b.name, c.name)
  await network.during(c.rooms.joinRoom({ user: cid, room: roomId, via: [a.name] }))
  await network.during(c.rooms.backfill(roomId, undefined, 50))
  await network.settle()
  expect(c.bodies(roomId)).toEqual(['said by ann'])
  expect(b.bodies(roomId)).toEqual(['said by dora', 'said by ann'])
  // The room is ann's as well: it is all here.
  expect(a.bodies(roomId)).toEqual(['said by dora', 'said by ann'])
  expect(a.store.removals()).toEqual([])
})
