import { afterEach, expect, test } from 'vitest'
import { authStateKeysFor } from '../../src-main/core/auth-rules.ts'
import { buildPdu } from '../../src-main/core/pdu.ts'
import { roomVersionRules } from '../../src-main/core/room-versions.ts'
import { stateKeyOf } from '../../src-main/core/types.ts'
import type { EventId, JsonObject, Pdu, RoomId, StateMapKey, UserId } from '../../src-main/core/types.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'

/*
 * The other side of a fork comes in one transaction, in which the state is resolved only once: what is judged by
 * the current state is judged by all that came before it all the same.
 */

const TYPE = 'org.example.thing'
let network: TestNetwork

afterEach(async () => {
  await network.stop()
})

/** A branch that a server writes without the other one knowing of it. */
class Branch {
  readonly events: Pdu[] = []
  private readonly node: TestNode
  private readonly roomId: RoomId
  private readonly state: Map<StateMapKey, EventId>

  constructor(node: TestNode, roomId: RoomId) {
    this.node = node
    this.roomId = roomId
    this.state = new Map(node.store.currentStateMap(roomId))
  }

  add(
    sender: UserId,
    type: string,
    content: JsonObject,
    stateKey: string | undefined,
    prevEvents: readonly EventId[],
  ): Pdu {
    const selection = { type, sender, content, stateKey }
    const authEvents = authStateKeysFor(selection, roomVersionRules('11')).flatMap(
      (key) => this.state.get(key) ?? [],
    )
    const pdu = buildPdu(
      {
        roomId: this.roomId,
        type,
        sender,
        content,
        ...(stateKey === undefined ? {} : { stateKey }),
        authEvents,
        prevEvents,
        depth: 100 + this.events.length,
        originServerTs: network.clock.now() + this.events.length,
      },
      '11',
      this.node.signer,
    )
    if (stateKey !== undefined) this.state.set(stateKeyOf(type, stateKey), pdu.eventId)
    this.events.push(pdu)
    return pdu
  }
}

test('joins, words and kicks on the other side of a fork, all in one transaction', async () => {
  network = await TestNetwork.start(77, 'a.test', 'b.test')
  const [a, b] = [network.node('a.test'), network.node('b.test')]
  const [alice, bob, guest] = [a.user('alice'), b.user('bob'), b.user('guest')]
  const roomId = await a.rooms.createRoom({ creator: alice, preset: 'public_chat', roomVersion: '11' })
  await network.during(b.rooms.joinRoom({ user: bob, room: roomId, via: [a.name] }))
  const levels = { users: { [alice]: 100, [bob]: 50 }, state_default: 0 }
  await a.rooms.sendEvent({
    roomId,
    sender: alice,
    type: 'm.room.power_levels',
    stateKey: '',
    content: levels,
  })
  await network.settle()
  const fork = a.store.forwardExtremities(roomId).map(({ eventId }) => eventId)

  network.wire.partition(a.name, b.name)
  for (let n = 0; n < 10; n++)
    await a.rooms.sendEvent({
      roomId,
      sender: alice,
      type: TYPE,
      stateKey: `${n}`,
      content: { side: 'left' },
    })
  network.wire.heal()
  network.clock.step(60_000)

  const branch = new Branch(b, roomId)
  const add = (
    sender: UserId,
    type: string,
    content: JsonObject,
    stateKey?: string,
    prev = branch.events.at(-1),
  ) => branch.add(sender, type, content, stateKey, prev === undefined ? fork : [prev.eventId])
  for (let n = 0; n < 10; n++) add(bob, TYPE, { side: 'right' }, `${n}`)
  add(guest, 'm.room.member', { membership: 'join' }, guest)
  const greeting = add(guest, 'm.room.message', { body: 'I am here', msgtype: 'm.text' })
  const evasion = add(guest, 'm.room.message', { body: 'never kicked', msgtype: 'm.text' })
  const kick = add(bob, 'm.room.member', { membership: 'leave' }, guest, greeting)
  // Whoever was kicked says the like beside it, as if they had not heard.
  const pdus = [...branch.events.filter((event) => event !== evasion), evasion].map(({ json }) => json)
  const answer = await network.during(b.send(a.name, 'all at once', pdus))
  expect(Object.values(answer)).toEqual(pdus.map(() => ({})))

  expect(a.store.getEvent(greeting.eventId)).toMatchObject({ status: 'accepted' })
  expect(a.store.getEvent(kick.eventId)).toMatchObject({ status: 'accepted' })
  expect(a.store.getEvent(evasion.eventId)).toMatchObject({ status: 'soft-failed' })
  for (let n = 0; n < 10; n++)
    expect(a.store.currentStateEvent(roomId, TYPE, `${n}`)?.pdu.content).toEqual({ side: 'right' })
  expect(a.store.member(roomId, guest)?.membership).toBe('leave')

  await a.text(roomId, alice, 'one again')
  await network.settle()
  expect(b.state(roomId)).toEqual(a.state(roomId))
})

test('an event of a fork whose writing fails takes nothing of those before it along', async () => {
  network = await TestNetwork.start(78, 'a.test', 'b.test')
  const [a, b] = [network.node('a.test'), network.node('b.test')]
  const [alice, bob, guest] = [a.user('alice'), b.user('bob'), b.user('guest')]
  const roomId = await a.rooms.createRoom({ creator: alice, preset: 'public_chat', roomVersion: '11' })
  await network.during(b.rooms.joinRoom({ user: bob, room: roomId, via: [a.name] }))
  await network.settle()
  const fork = a.store.forwardExtremities(roomId).map(({ eventId }) => eventId)
  network.wire.partition(a.name, b.name)
  await a.text(roomId, alice, 'on this side')
  network.wire.heal()

  const branch = new Branch(b, roomId)
  const join = branch.add(guest, 'm.room.member', { membership: 'join' }, guest, fork)
  const text = { body: 'I am here', msgtype: 'm.text' }
  // Judged by the join, for which the state is brought up to date before.
  const greeting = branch.add(guest, 'm.room.message', text, undefined, [join.eventId])
  const insertEvent = a.store.insertEvent.bind(a.store)
  const faulty: typeof insertEvent = (event) => {
    if (event.pdu.eventId === greeting.eventId) throw new Error('the disk has a fault')
    insertEvent(event)
  }
  Object.assign(a.store, { insertEvent: faulty })
  await network.during(
    b.send(
      a.name,
      'both',
      branch.events.map(({ json }) => json),
    ),
  )
  expect(a.store.getEvent(greeting.eventId)).toBeUndefined()
  expect(a.store.getEvent(join.eventId)).toMatchObject({ status: 'accepted' })
  expect(a.store.member(roomId, guest)?.membership).toBe('join')

  Object.assign(a.store, { insertEvent })
  await network.settle()
  expect(a.store.getEvent(greeting.eventId)).toMatchObject({ status: 'accepted' })
})
