import { afterEach, expect, test } from 'vitest'
import type { RoomId, ServerName, UserId } from '../../src-main/core/types.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'

let network: TestNetwork

afterEach(async () => {
  await network.stop()
})

interface Actor {
  readonly node: TestNode
  readonly user: UserId
}

async function roomWith(seed: number, names: string[]): Promise<{ roomId: RoomId; actors: Actor[] }> {
  network = await TestNetwork.start(seed, ...names)
  const actors = names.map((name) => ({ node: network.node(name), user: network.node(name).user('user') }))
  const [first, ...others] = actors
  if (first === undefined) throw new Error('a room needs somebody')
  const roomId = await first.node.rooms.createRoom({
    creator: first.user,
    preset: 'public_chat',
    powerLevelOverride: { state_default: 0, events: {}, ban: 0, kick: 0 },
  })
  for (const { node, user } of others) {
    await network.during(node.rooms.joinRoom({ user, room: roomId, via: [first.node.name] }))
    await network.settle()
  }
  return { roomId, actors }
}

/** Every accepted message's body, on every server, however it came there. */
function messages(node: TestNode, roomId: RoomId): string[] {
  return node.db
    .all(
      "SELECT event_id, status FROM events WHERE type = 'm.room.message' AND status IN (0, 1) ORDER BY event_id",
    )
    .map((row) => String(row['event_id']))
    .filter((id) => node.store.getEvent(id as never)?.pdu.roomId === roomId)
}

/** The deepest states have to agree when all have heard the same last word. */
async function lastWord(actors: readonly Actor[], roomId: RoomId): Promise<void> {
  for (const [index, { node, user }] of actors.entries()) {
    if (node.membership(roomId, user) !== 'join') continue
    await node.text(roomId, user, `last word ${index}`)
    await network.settle()
  }
}

const seeds = Array.from({ length: 20 }, (_, index) => index + 1)

test.each([...seeds.map((seed) => [2, seed] as const), ...seeds.map((seed) => [3, seed] as const)])(
  '%i servers end in the same room whatever the network does, seed %i',
  async (count, seed) => {
    const { roomId, actors } = await roomWith(seed, ['a.test', 'b.test', 'c.test'].slice(0, count))
    const { random } = network
    Object.assign(network.wire.faults, { lose: 0.2, loseAnswer: 0.15, delay: 900, repeat: 0.2 })
    for (let step = 0; step < 40; step++) {
      const actor = actors[Math.floor(random.next() * actors.length)]
      if (actor === undefined) continue
      const { node, user } = actor
      const roll = random.next()
      if (roll < 0.6) await node.text(roomId, user, `message ${step}`)
      else if (roll < 0.8) {
        await node.rooms.sendEvent({
          roomId,
          sender: user,
          type: 'm.room.topic',
          stateKey: '',
          content: { topic: `topic ${step}` },
        })
      } else if (roll < 0.9) {
        const [x, y] = random.next() < 0.5 || count === 2 ? [0, 1] : [1, 2]
        network.wire.partition(actors[x]!.node.name, actors[y]!.node.name)
      } else {
        const faults = { ...network.wire.faults }
        network.wire.heal()
        Object.assign(network.wire.faults, faults)
      }
      await network.run(random.next() * 1_500)
    }
    network.wire.heal()
    await network.settle()
    await lastWord(actors, roomId)
    const [first, ...others] = actors
    expect(messages(first!.node, roomId).length).toBeGreaterThan(15)
    for (const { node } of others) {
      expect(node.state(roomId)).toEqual(first!.node.state(roomId))
      expect(messages(node, roomId)).toEqual(messages(first!.node, roomId))
      expect(node.store.forwardExtremities(roomId)).toEqual(first!.node.store.forwardExtremities(roomId))
    }
  },
  30_000,
)

test.each([1, 2, 3, 4, 5, 6])(
  'a ban wins over what the banned one did in a partition, seed %i',
  async (seed) => {
    const { roomId, actors } = await roomWith(seed, ['a.test', 'b.test', 'c.test'])
    const [admin, bad, witness] = actors as [Actor, Actor, Actor]
    network.wire.partition(admin.node.name, bad.node.name)
    network.wire.partition(witness.node.name, bad.node.name)
    await admin.node.rooms.banUser({ roomId, sender: admin.user, target: bad.user, reason: 'spam' })
    await bad.node.text(roomId, bad.user, 'evading')
    await bad.node.rooms.sendEvent({
      roomId,
      sender: bad.user,
      type: 'm.room.topic',
      stateKey: '',
      content: { topic: 'mine' },
    })
    await network.run(5_000)
    network.wire.heal()
    await network.settle()
    await lastWord([admin, witness], roomId)
    for (const { node } of [admin, witness]) {
      expect(node.membership(roomId, bad.user)).toBe('ban')
      expect(node.bodies(roomId)).not.toContain('evading')
      expect(node.store.currentStateEvent(roomId, 'm.room.topic', '')).toBeUndefined()
    }
    expect(bad.node.membership(roomId, bad.user)).toBe('ban')
    expect(admin.node.state(roomId)).toEqual(witness.node.state(roomId))
  },
)

test('a join races with a ban', async () => {
  const { roomId, actors } = await roomWith(7, ['a.test', 'b.test', 'c.test'])
  const [admin, second] = actors as [Actor, Actor, Actor]
  const late = network.node('c.test').user('late')
  network.wire.partition(admin.node.name, second.node.name)
  network.wire.partition(admin.node.name, 'c.test' as ServerName)
  await admin.node.rooms.banUser({ roomId, sender: admin.user, target: late })
  await network.during(
    network.node('c.test').rooms.joinRoom({ user: late, room: roomId, via: [second.node.name] }),
  )
  network.wire.heal()
  await network.settle()
  await lastWord(actors, roomId)
  for (const { node } of actors) {
    expect(node.membership(roomId, late)).toBe('ban')
    expect(node.state(roomId)).toEqual(admin.node.state(roomId))
  }
})

test('events that one server never got by itself are fetched from behind a newer one', async () => {
  const { roomId, actors } = await roomWith(3, ['a.test', 'b.test'])
  const [one, two] = actors as [Actor, Actor]
  for (let i = 0; i < 120; i++) await one.node.text(roomId, one.user, `lost ${i}`)
  // As if the queue to the other had been given up.
  one.node.db.run('DELETE FROM outbox_pdus')
  await one.node.text(roomId, one.user, 'arrives')
  await network.settle()
  expect(two.node.bodies(roomId)).toEqual(one.node.bodies(roomId))
  expect(two.node.store.gaps(roomId)).toEqual([])
  expect(network.wire.requests.get('get_missing_events')).toBeGreaterThan(1)
})

test('a gap too wide to be fetched at once is left, and filled when asked for', async () => {
  const { roomId, actors } = await roomWith(4, ['a.test', 'b.test'])
  const [one, two] = actors as [Actor, Actor]
  for (let i = 0; i < 700; i++) await one.node.text(roomId, one.user, `lost ${i}`)
  await one.node.rooms.sendEvent({
    roomId,
    sender: one.user,
    type: 'm.room.name',
    stateKey: '',
    content: { name: 'N' },
  })
  one.node.db.run('DELETE FROM outbox_pdus')
  await one.node.text(roomId, one.user, 'arrives')
  await network.settle()
  expect(two.node.bodies(roomId).at(-1)).toBe('arrives')
  expect(two.node.state(roomId)).toEqual(one.node.state(roomId))
  expect(two.node.store.gaps(roomId).length).toBeGreaterThan(0)
  while (await network.during(two.node.rooms.backfill(roomId, undefined, 100)));
  expect(two.node.bodies(roomId)).toEqual(one.node.bodies(roomId))
  expect(two.node.store.gaps(roomId)).toEqual([])
}, 30_000)

test('keys that cannot be had now only delay', async () => {
  const { roomId, actors } = await roomWith(5, ['a.test', 'b.test', 'c.test'])
  const [one, two, three] = actors as [Actor, Actor, Actor]
  three.node.keysUnavailable.add(two.node.name)
  await two.node.text(roomId, two.user, 'from two')
  await one.node.text(roomId, one.user, 'from one')
  await network.run(2_000)
  expect(three.node.bodies(roomId)).toContain('from one')
  expect(three.node.bodies(roomId)).not.toContain('from two')
  three.node.keysUnavailable.clear()
  await network.settle()
  expect(three.node.bodies(roomId)).toContain('from two')
})
