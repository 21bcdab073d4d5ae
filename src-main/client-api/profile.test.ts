import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RoomId } from '../core/types.ts'
import { createTestNode, field, type TestClient, type TestNode } from './test-node.ts'

let node: TestNode
let alice: TestClient
beforeEach(async () => {
  node = await createTestNode()
  alice = await node.client('alice')
})
afterEach(() => node.stop())

const room = async (): Promise<RoomId> =>
  field(await alice.call('POST', '/createRoom', {}), 'room_id') as RoomId
const names = (rooms: readonly RoomId[]): (string | undefined)[] =>
  rooms.map((roomId) => node.store.member(roomId, alice.userId)?.displayName)
const setName = (name: string) =>
  alice.call('PUT', `/profile/${alice.userId}/displayname`, { displayname: name })

test('a new name reaches every room, also where one of them does not take it', async () => {
  const rooms = [await room(), await room(), await room()]
  // With so much in it already, the event has no room for a longer name.
  const state = `/rooms/${rooms[1]}/state/m.room.member/${encodeURIComponent(alice.userId)}`
  await alice.call('PUT', state, { membership: 'join', 'org.example.much': 'x'.repeat(64_800) })
  await setName('A'.repeat(250))
  expect(names(rooms)).toEqual(['A'.repeat(250), undefined, 'A'.repeat(250)])
  expect(node.accounts.unfinishedProfiles()).toEqual([])
})

test('what the end of the process interrupted is finished at the next start, and nothing is said twice', async () => {
  const rooms = [await room(), await room()]
  await setName('Alice')
  // As a process that ended right after the profile was saved, and had told the first room.
  node.accounts.setProfileField(alice.userId, 'displayname', 'Alicia')
  expect(node.accounts.unfinishedProfiles()).toEqual([alice.userId])
  const state = `/rooms/${rooms[0]}/state/m.room.member/${encodeURIComponent(alice.userId)}`
  await alice.call('PUT', state, { membership: 'join', displayname: 'Alicia' })
  const before = node.store.member(rooms[0]!, alice.userId)?.eventId
  await node.rooms.resume()
  await node.rooms.idle()
  expect(names(rooms)).toEqual(['Alicia', 'Alicia'])
  expect(node.store.member(rooms[0]!, alice.userId)?.eventId).toBe(before)
  expect(node.accounts.unfinishedProfiles()).toEqual([])
})
