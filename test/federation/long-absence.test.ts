/** A server that was away for long: what is kept for it meanwhile, and how it comes to have everything. */
import { afterEach, expect, test } from 'vitest'
import type { EventId, RoomId, UserId } from '../../src-main/core/types.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'

let network: TestNetwork
afterEach(() => network.stop())

async function sharedRoom(a: TestNode, b: TestNode, alice: UserId, bob: UserId): Promise<RoomId> {
  const room = await network.during(a.rooms.createRoom({ creator: alice, preset: 'public_chat' }))
  await network.during(b.rooms.joinRoom({ user: bob, room, via: [a.name] }))
  await network.settle()
  return room
}

/** From here on they do not reach each other, and know it. */
async function partition(a: TestNode, b: TestNode, room: RoomId, alice: UserId): Promise<void> {
  network.wire.partition(a.name, b.name)
  await network.during(a.text(room, alice, 'hello?'))
  await network.run(3_000)
}

const queued = (node: TestNode): number =>
  Number(node.db.get('SELECT count(*) AS n FROM outbox_pdus')?.['n'] ?? 0)
const states = (node: TestNode, ids: readonly EventId[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const id of ids) {
    for (const { state } of node.outbox.deliveries(id)) counts[state] = (counts[state] ?? 0) + 1
  }
  return counts
}

/** Lets time pass until nothing is missing anywhere in this room. */
async function untilFilled(node: TestNode, room: RoomId): Promise<void> {
  for (let round = 0; round < 100; round++) {
    await network.run(1_000)
    const [lowest] = node.timeline(room)
    const inner = node.store.gaps(room).filter((gap) => gap.eventId !== lowest?.eventId)
    if (inner.length === 0) return
  }
  throw new Error('a gap stays')
}

test('what waits is bounded by rooms, and after the return the newest is there first and all of it in the end', async () => {
  network = await TestNetwork.start(1, 'a.example', 'b.example')
  const [a, b] = [network.node('a.example'), network.node('b.example')]
  const [alice, bob, eve] = [a.user('alice'), b.user('bob'), a.user('eve')]
  const rooms = [await sharedRoom(a, b, alice, bob), await sharedRoom(a, b, alice, bob)]
  const [room] = rooms
  if (room === undefined) throw new Error('no room')
  await network.during(a.rooms.joinRoom({ user: eve, room }))
  await network.settle()

  await partition(a, b, room, alice)
  const sent: EventId[] = []
  const state = (type: string, stateKey: string, content: object) =>
    a.rooms.sendEvent({ roomId: room, sender: alice, type, stateKey, content: { ...content } })
  for (let n = 0; n < 400; n++) {
    for (const each of rooms) sent.push(await network.during(a.text(each, alice, `${n}`)))
    if (n === 100) sent.push(await network.during(state('m.room.name', '', { name: 'Renamed' })))
    if (n === 150) {
      const power = a.store.currentStateEvent(room, 'm.room.power_levels', '')?.pdu.content
      sent.push(await network.during(state('m.room.power_levels', '', { ...power, events_default: 10 })))
    }
    if (n === 200)
      await network.during(a.rooms.banUser({ roomId: room, sender: alice, target: eve, reason: 'loud' }))
  }
  expect(queued(a)).toBeLessThanOrEqual(50)
  expect(a.outbox.queuedFor(b.name).pdus).toBeGreaterThan(800 - 50)
  expect(states(a, sent)).toEqual({ waiting: sent.length })

  network.wire.heal()
  await network.run(3_000)
  for (const each of rooms) expect(b.bodies(each).at(-1)).toBe('399')
  for (const each of rooms) await untilFilled(b, each)
  const wanted = Array.from({ length: 400 }, (_, n) => `${n}`)
  for (const each of rooms) {
    expect(b.bodies(each).filter((body) => body !== 'hello?')).toEqual(wanted)
    expect(b.state(each)).toEqual(a.state(each))
  }
  expect(b.membership(room, eve)).toBe('ban')
  await network.settle()
  expect(states(a, sent)).toEqual({ delivered: sent.length })
  expect(a.outbox.queuedFor(b.name)).toEqual({ pdus: 0, edus: 0 })
})

/** `b` was brought the newest of much, and `a` was gone before `b` could ask for the rest. */
async function startWithGap(seed: number): Promise<{ a: TestNode; b: TestNode; room: RoomId }> {
  network = await TestNetwork.start(seed, 'a.example', 'b.example')
  const [a, b] = [network.node('a.example'), network.node('b.example')]
  const [alice, bob] = [a.user('alice'), b.user('bob')]
  const room = await sharedRoom(a, b, alice, bob)
  await partition(a, b, room, alice)
  for (let n = 0; n < 300; n++) await network.during(a.text(room, alice, `${n}`))
  network.wire.heal()
  for (let tries = 0; !b.bodies(room).includes('299'); tries++) {
    if (tries > 10_000) throw new Error('the newest never came')
    await network.run(10)
  }
  network.wire.partition(a.name, b.name)
  expect(b.bodies(room)).not.toContain('150')
  // Longer than any of the first attempts waits.
  await network.run(40 * 60_000)
  network.wire.heal()
  expect(b.bodies(room)).not.toContain('150')
  return { a, b, room }
}

test('a server that vanished before the rest was fetched is asked again, though it returns in silence', async () => {
  const { b, room } = await startWithGap(8)
  await network.run(65 * 60_000)
  await untilFilled(b, room)
  expect(b.bodies(room).slice(-300)).toEqual(Array.from({ length: 300 }, (_, n) => `${n}`))
})

test('… and at once when it says that it is back', async () => {
  const { a, b, room } = await startWithGap(9)
  b.rooms.serverBack(a.name)
  await untilFilled(b, room)
  expect(b.bodies(room).slice(-300)).toEqual(Array.from({ length: 300 }, (_, n) => `${n}`))
})

test('… and soon after, when it was gone again the moment it said so', async () => {
  const { a, b, room } = await startWithGap(10)
  network.wire.partition(a.name, b.name)
  b.rooms.serverBack(a.name)
  await network.run(5_000)
  expect(b.bodies(room)).not.toContain('150')
  network.wire.heal()
  await untilFilled(b, room)
  expect(b.bodies(room).slice(-300)).toEqual(Array.from({ length: 300 }, (_, n) => `${n}`))
})

test('both sides wrote while they could not reach each other: both have all of it, and one state', async () => {
  network = await TestNetwork.start(2, 'a.example', 'b.example')
  const [a, b] = [network.node('a.example'), network.node('b.example')]
  const [alice, bob] = [a.user('alice'), b.user('bob')]
  const room = await sharedRoom(a, b, alice, bob)
  await partition(a, b, room, alice)
  for (let n = 0; n < 220; n++) {
    await network.during(a.text(room, alice, `a${n}`))
    await network.during(b.text(room, bob, `b${n}`))
  }
  network.wire.heal()
  await network.settle()
  for (const node of [a, b]) await untilFilled(node, room)
  for (const node of [a, b]) {
    const bodies = node.bodies(room)
    expect(bodies.filter((body) => body.startsWith('a'))).toEqual(
      Array.from({ length: 220 }, (_, n) => `a${n}`),
    )
    expect(bodies.filter((body) => body.startsWith('b'))).toEqual(
      Array.from({ length: 220 }, (_, n) => `b${n}`),
    )
  }
  expect(a.state(room)).toEqual(b.state(room))
})

test('who was put out of a room while their server was away learns it, and nothing of what came after', async () => {
  network = await TestNetwork.start(3, 'a.example', 'b.example')
  const [a, b] = [network.node('a.example'), network.node('b.example')]
  const [alice, bob] = [a.user('alice'), b.user('bob')]
  const room = await sharedRoom(a, b, alice, bob)
  await partition(a, b, room, alice)
  for (let n = 0; n < 200; n++) await network.during(a.text(room, alice, `before ${n}`))
  await network.during(a.rooms.kickUser({ roomId: room, sender: alice, target: bob, reason: 'away' }))
  for (let n = 0; n < 100; n++) await network.during(a.text(room, alice, `after ${n}`))
  network.wire.heal()
  await network.settle()
  expect(b.membership(room, bob)).toBe('leave')
  expect(b.store.localMembership(bob, room)?.membership).toBe('leave')
  expect(b.bodies(room).filter((body) => body.startsWith('after'))).toEqual([])
})

test('who says much to a server that is away, and then leaves the room, is still heard whole', async () => {
  network = await TestNetwork.start(5, 'a.example', 'b.example')
  const [a, b] = [network.node('a.example'), network.node('b.example')]
  const [alice, bob] = [a.user('alice'), b.user('bob')]
  const room = await sharedRoom(a, b, alice, bob)
  await partition(a, b, room, alice)
  for (let n = 0; n < 200; n++) await network.during(a.text(room, alice, `${n}`))
  await network.during(a.rooms.leaveRoom({ user: alice, roomId: room }))
  expect(queued(a)).toBeLessThanOrEqual(50)
  network.wire.heal()
  await network.settle()
  expect(b.bodies(room).slice(1)).toEqual(Array.from({ length: 200 }, (_, n) => `${n}`))
  expect(b.membership(room, alice)).toBe('leave')
})

test('what somebody said who is away by now comes from a server that heard it', async () => {
  network = await TestNetwork.start(4, 'a.example', 'b.example', 'c.example')
  const [a, b, c] = [network.node('a.example'), network.node('b.example'), network.node('c.example')]
  const [alice, bob, carol] = [a.user('alice'), b.user('bob'), c.user('carol')]
  const room = await sharedRoom(a, b, alice, bob)
  await network.during(c.rooms.joinRoom({ user: carol, room, via: [a.name] }))
  await network.settle()
  network.wire.partition(a.name, b.name)
  network.wire.partition(a.name, c.name)
  for (let n = 0; n < 30; n++) await network.during(c.text(room, carol, `${n}`))
  await network.run(3_000)
  expect(b.bodies(room).at(-1)).toBe('29')
  network.wire.heal()
  for (const other of [a, b]) network.wire.partition(c.name, other.name)
  a.rooms.askForNews()
  await network.run(6_000)
  expect(a.bodies(room)).toEqual(b.bodies(room))
  // Nothing is left to ask for, and nobody is asked all the time.
  const before = network.wire.requests.get('event')
  a.rooms.askForNews([b.name])
  a.rooms.askForNews()
  await network.run(6_000)
  expect(network.wire.requests.get('event')).toBe(before)
})
