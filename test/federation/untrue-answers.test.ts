import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildPdu } from '../../src-main/core/pdu.ts'
import type { EventId, JsonObject, Pdu, PduJson, RoomId, UserId } from '../../src-main/core/types.ts'
import type { Rooms } from '../../src-main/rooms/api.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'

// What a server that is asked for a room may answer that is not so, and what comes late or out of order.

let network: TestNetwork
let one: TestNode
let two: TestNode
let alice: UserId
let bob: UserId
let roomId: RoomId

type JoinAnswer = Awaited<ReturnType<Rooms['receiveJoin']>>

beforeEach(async () => {
  network = await TestNetwork.start(7, 'one.test', 'two.test', 'three.test')
  one = network.node('one.test')
  two = network.node('two.test')
  alice = one.user('alice')
  bob = two.user('bob')
  roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat', roomVersion: '10' })
})

afterEach(async () => {
  await network.stop()
})

function join(): Promise<RoomId> {
  return network.during(two.rooms.joinRoom({ user: bob, room: roomId, via: [one.name] }))
}

/** The resident server's answer to the join, changed at will. */
function answering(change: (answer: JoinAnswer) => JoinAnswer): void {
  const honest = one.rooms.receiveJoin.bind(one.rooms)
  one.rooms.receiveJoin = async (...args) => change(await honest(...args))
}

const typeIs =
  (type: string) =>
  (json: PduJson): boolean =>
    json['type'] === type

function outOfState(type: string): Pdu {
  return one.store.currentStateEvent(roomId, type, '')!.pdu
}

test('a room without its create event is not joined', async () => {
  answering((answer) => ({ ...answer, state: answer.state.filter((json) => !typeIs('m.room.create')(json)) }))
  await expect(join()).rejects.toMatchObject({ status: 502 })
  expect(two.store.getRoom(roomId)?.participating ?? false).toBe(false)
  expect(two.store.localMembership(bob, roomId)?.membership).not.toBe('join')
})

test('a room of another version than was said is not joined', async () => {
  const honest = one.rooms.makeMembership.bind(one.rooms)
  one.rooms.makeMembership = async (...args) => ({ ...(await honest(...args)), roomVersion: '9' })
  answering((answer) => answer)
  await expect(join()).rejects.toMatchObject({ status: expect.any(Number) })
  expect(two.store.getRoom(roomId)?.participating ?? false).toBe(false)
})

test('state that is forged, of another room, or against the rules is not adopted', async () => {
  const other = await one.rooms.createRoom({ creator: alice, preset: 'public_chat', roomVersion: '10' })
  const stranger = network.node('three.test')
  const mallory = '@mallory:three.test' as UserId
  const authEvents = ['m.room.create', 'm.room.power_levels'].map((type) => outOfState(type).eventId)
  const levels = buildPdu(
    {
      roomId,
      type: 'm.room.power_levels',
      stateKey: '',
      sender: mallory,
      content: { users: { [mallory]: 100 } },
      authEvents,
      prevEvents: [outOfState('m.room.power_levels').eventId],
      depth: 9,
      originServerTs: 9,
    },
    '10',
    stranger.signer,
  )
  const name: JsonObject = { ...levels.json, type: 'm.room.name', sender: alice, content: { name: 'forged' } }
  const foreign = one.store.currentStateEvent(other, 'm.room.power_levels', '')!.pdu.json
  answering((answer) => ({
    ...answer,
    state: [...answer.state, levels.json, name, foreign, {}, { type: 1 } as JsonObject],
  }))
  await join()
  expect(two.state(roomId)).toEqual(one.state(roomId))
  expect(two.store.getEvent(levels.eventId)?.status).toBe('rejected')
})

test('a join that the state does not allow is not believed', async () => {
  answering((answer) => ({
    ...answer,
    state: answer.state.filter((json) => !typeIs('m.room.join_rules')(json)),
  }))
  await expect(join()).rejects.toMatchObject({ status: 502 })
  expect(two.membership(roomId, bob)).toBeUndefined()
})

test('the join itself is ours, whatever comes back', async () => {
  answering((answer) => ({
    ...answer,
    event: { ...answer.event, content: { membership: 'join', evil: true } },
  }))
  await join()
  const stored = two.store.currentStateEvent(roomId, 'm.room.member', bob)
  expect(stored?.pdu.content).not.toHaveProperty('evil')
})

test('a user who left and comes back sees the present, and the past across the gap', async () => {
  await join()
  await network.settle()
  await one.text(roomId, alice, 'first')
  await network.settle()
  await network.during(two.rooms.leaveRoom({ user: bob, roomId }))
  await network.settle()
  for (let index = 0; index < 30; index++) await one.text(roomId, alice, `away ${index}`)
  await one.rooms.sendEvent({
    roomId,
    sender: alice,
    type: 'm.room.name',
    stateKey: '',
    content: { name: 'new' },
  })
  await network.settle()
  expect(two.bodies(roomId)).toEqual(['first'])
  await join()
  await network.settle()
  await two.text(roomId, bob, 'back')
  await network.settle()
  await one.text(roomId, alice, 'welcome')
  await network.settle()
  expect(two.state(roomId)).toEqual(one.state(roomId))
  while (await network.during(two.rooms.backfill(roomId, undefined, 50))) await network.settle()
  expect(two.bodies(roomId)).toEqual(one.bodies(roomId))
})

test('another user of a server whose first user left joins, and so does the first again', async () => {
  const bea = two.user('bea')
  await join()
  await network.settle()
  await network.during(two.rooms.leaveRoom({ user: bob, roomId }))
  await network.settle()
  await network.during(two.rooms.joinRoom({ user: bea, room: roomId, via: [one.name] }))
  await network.settle()
  expect(two.store.localMembership(bob, roomId)?.membership).toBe('leave')
  await join()
  await network.settle()
  expect(two.state(roomId)).toEqual(one.state(roomId))
  expect(two.store.joinedLocalUsers(roomId).toSorted()).toEqual([bea, bob].toSorted())
})

test('the last local user is banned, unbanned, invited, and back', async () => {
  await join()
  await network.settle()
  await one.rooms.banUser({ roomId, sender: alice, target: bob })
  await network.settle()
  expect(two.store.localMembership(bob, roomId)?.membership).toBe('ban')
  expect(two.store.getRoom(roomId)?.participating).toBe(false)
  await expect(two.rooms.sendEvent({ roomId, sender: bob, type: 'm.x', content: {} })).rejects.toThrow()
  await expect(join()).rejects.toThrow()
  await one.rooms.unbanUser({ roomId, sender: alice, target: bob })
  await network.settle()
  await network.during(one.rooms.inviteUser({ roomId, sender: alice, target: bob }))
  await network.settle()
  await join()
  await network.settle()
  expect(two.state(roomId)).toEqual(one.state(roomId))
})

test('a redaction that comes before its target takes the content when that comes', async () => {
  await join()
  await network.settle()
  const ends = two.store.forwardExtremities(roomId).map((end) => end.eventId)
  const depth = two.store.forwardExtremities(roomId)[0]!.depth
  const state = (type: string, key = ''): EventId =>
    two.store.currentStateEvent(roomId, type, key)!.pdu.eventId
  const authEvents = [state('m.room.create'), state('m.room.power_levels'), state('m.room.member', bob)]
  const common = { roomId, sender: bob, authEvents, prevEvents: ends, depth: depth + 1, originServerTs: 5 }
  const secret = buildPdu(
    { ...common, type: 'm.room.message', content: { body: 'secret' } },
    '10',
    two.signer,
  )
  const redaction = buildPdu(
    { ...common, type: 'm.room.redaction', content: {}, redacts: secret.eventId },
    '10',
    two.signer,
  )
  await network.during(two.send(one.name, 'r1', [redaction.json]))
  await network.during(two.send(one.name, 'r2', [secret.json]))
  expect(one.store.getEvent(secret.eventId)).toMatchObject({
    status: 'accepted',
    redactedBy: redaction.eventId,
  })
  expect(one.store.getEvent(secret.eventId)?.pdu.content).toEqual({})
  expect(JSON.stringify(one.db.all('SELECT json FROM events'))).not.toContain('secret')
  expect(JSON.stringify(one.db.all('SELECT json FROM staged_pdus'))).not.toContain('secret')
  expect(one.rooms.eventForServer(two.name, secret.eventId).content).toEqual({})
})

test('a redacted membership takes the name from the list of members too', async () => {
  await join()
  await network.settle()
  expect(one.store.member(roomId, bob)).toMatchObject({ membership: 'join', displayName: 'bob' })
  const { eventId } = one.store.member(roomId, bob)!
  await one.rooms.redactEvent({ roomId, sender: alice, target: eventId })
  await network.settle()
  for (const node of [one, two]) {
    expect(node.store.member(roomId, bob)).toMatchObject({ membership: 'join', displayName: undefined })
  }
})
