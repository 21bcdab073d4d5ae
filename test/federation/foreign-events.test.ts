import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildPdu } from '../../src-main/core/pdu.ts'
import type { EventId, Pdu, RoomId, RoomVersionId, UserId } from '../../src-main/core/types.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'

// A member of a room refers to events of another room, in which they have the say.

let network: TestNetwork
let one: TestNode
let evil: TestNode
let alice: UserId
let mallory: UserId

beforeEach(async () => {
  network = await TestNetwork.start(21, 'one.test', 'evil.test')
  one = network.node('one.test')
  evil = network.node('evil.test')
  alice = one.user('alice')
  mallory = evil.user('mallory')
})

afterEach(async () => {
  await network.stop()
})

function stateIds(node: TestNode, roomId: RoomId, ...keys: [type: string, key: string][]): EventId[] {
  return keys.flatMap(([type, key]) => node.store.currentStateEvent(roomId, type, key)?.pdu.eventId ?? [])
}

test.each<[RoomVersionId, string, boolean]>([
  ['2', 'only', false],
  ['10', 'only', false],
  ['12', 'only', false],
  ['1', 'beside one of this room', true],
  ['2', 'beside one of this room', true],
  ['10', 'beside one of this room', true],
  ['12', 'beside one of this room', true],
])(
  'a prev event of another room does not bring the state of that room along: version %s, %s',
  async (version, _, beside) => {
    const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat', roomVersion: version })
    await network.run(60_000)
    const lair = await evil.rooms.createRoom({
      creator: mallory,
      preset: 'public_chat',
      roomVersion: version,
    })
    await network.during(evil.rooms.joinRoom({ user: mallory, room: roomId, via: [one.name] }))
    await network.during(one.rooms.joinRoom({ user: alice, room: lair, via: [evil.name] }))
    await network.settle()
    const before = one.state(roomId)
    const create: [string, string][] = version === '12' ? [] : [['m.room.create', '']]
    const pdu: Pdu = buildPdu(
      {
        roomId,
        type: 'm.room.message',
        sender: mallory,
        content: { body: 'from elsewhere' },
        authEvents: stateIds(
          evil,
          roomId,
          ...create,
          ['m.room.power_levels', ''],
          ['m.room.member', mallory],
        ),
        prevEvents: [...(beside ? [roomId] : []), lair].flatMap((room) =>
          evil.store.forwardExtremities(room).map(({ eventId }) => eventId),
        ),
        depth: 50,
        originServerTs: network.clock.now(),
      },
      version,
      evil.signer,
    )
    const answer = await network.during(evil.send(one.name, 'elsewhere', [pdu.json]))
    expect(answer[pdu.eventId]?.error).toContain('of another room')
    expect(one.state(roomId)).toEqual(before)
    await one.text(roomId, alice, 'still ours')
    expect(one.bodies(roomId)).toContain('still ours')
    expect(one.state(roomId)).toEqual(before)
  },
)
