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

test('a prev event that only later turns out to be of another room brings nothing along either', async () => {
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat', roomVersion: '12' })
  await network.run(60_000)
  const lair = await evil.rooms.createRoom({ creator: mallory, preset: 'public_chat', roomVersion: '12' })
  await network.during(evil.rooms.joinRoom({ user: mallory, room: roomId, via: [one.name] }))
  await network.settle()
  const before = one.state(roomId)
  const lasts = (room: RoomId): EventId[] => evil.store.forwardExtremities(room).map(({ eventId }) => eventId)
  const early = buildPdu(
    {
      roomId,
      type: 'm.room.message',
      sender: mallory,
      content: { body: 'too early' },
      authEvents: stateIds(evil, roomId, ['m.room.power_levels', ''], ['m.room.member', mallory]),
      prevEvents: [...lasts(roomId), ...lasts(lair)],
      depth: 50,
      originServerTs: network.clock.now(),
    },
    '12',
    evil.signer,
  )
  await network.during(evil.send(one.name, 'early', [early.json]))
  expect(one.store.stagedRooms()).toEqual([roomId])
  await network.during(one.rooms.joinRoom({ user: alice, room: lair, via: [evil.name] }))
  const end = network.clock.now() + 3_600_000
  while (one.store.stagedRooms().length > 0 && network.clock.now() < end) await network.run(1_000)
  expect(one.store.stagedRooms()).toEqual([])
  expect(one.store.getEvent(early.eventId)).toBeUndefined()
  expect(one.state(roomId)).toEqual(before)
  expect(JSON.stringify(one.items)).toContain('of another room')
})

test('what a refused event names as its auth events is not shown to who may not see it', async () => {
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat', roomVersion: '10' })
  const visibility = { type: 'm.room.history_visibility', content: { history_visibility: 'joined' } }
  await one.rooms.sendEvent({ roomId, sender: alice, stateKey: '', ...visibility })
  const earlier = await one.text(roomId, alice, 'said before they came')
  await network.during(evil.rooms.joinRoom({ user: mallory, room: roomId, via: [one.name] }))
  await network.settle()
  const confidential = await one.rooms.createRoom({
    creator: alice,
    preset: 'private_chat',
    roomVersion: '10',
  })
  const member = one.store.currentStateEvent(confidential, 'm.room.member', alice)!.pdu.eventId
  const secret = await one.text(confidential, alice, 'a secret whose id is known')
  for (const wanted of [earlier, secret, member]) {
    const pdu = buildPdu(
      {
        roomId,
        type: 'm.room.message',
        sender: mallory,
        content: { body: 'prying' },
        authEvents: [...stateIds(evil, roomId, ['m.room.create', ''], ['m.room.member', mallory]), wanted],
        prevEvents: evil.store.forwardExtremities(roomId).map(({ eventId }) => eventId),
        depth: 50,
        originServerTs: network.clock.now(),
      },
      '10',
      evil.signer,
    )
    const answer = await network.during(evil.send(one.name, `prying for ${wanted}`, [pdu.json]))
    expect(answer[pdu.eventId]?.error).toContain('auth rule')
    const chain = await one.rooms.authChainOf(evil.name, roomId, pdu.eventId)
    expect(chain.map(({ type }) => type)).toContain('m.room.create')
    expect(chain.map(({ eventId }) => eventId)).not.toContain(wanted)
  }
})
