import { afterEach, expect, test } from 'vitest'
import { pageBackward } from '../../src-main/client-api/pagination.ts'
import { buildPdu } from '../../src-main/core/pdu.ts'
import type { EventId, Pdu, RoomId, ServerName, UserId } from '../../src-main/core/types.ts'
import { stateKeyOf } from '../../src-main/core/types.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'

let network: TestNetwork

afterEach(async () => {
  await network.stop()
})

interface Actor {
  readonly node: TestNode
  readonly user: UserId
}

async function actorsOf(seed: number, count: number): Promise<Actor[]> {
  const names = ['a.test', 'b.test', 'c.test', 'd.test', 'e.test'].slice(0, count)
  network = await TestNetwork.start(seed, ...names)
  return names.map((name) => ({ node: network.node(name), user: network.node(name).user('user') }))
}

async function roomOf(actors: readonly Actor[]): Promise<RoomId> {
  const [first, ...others] = actors
  if (first === undefined) throw new Error('a room needs somebody')
  const roomId = await first.node.rooms.createRoom({
    creator: first.user,
    preset: 'public_chat',
    powerLevelOverride: { state_default: 0, events: {} },
  })
  for (const actor of others) await join(actor, roomId, first.node.name)
  return roomId
}

async function join({ node, user }: Actor, roomId: RoomId, via: ServerName): Promise<void> {
  await network.during(node.rooms.joinRoom({ user, room: roomId, via: [via] }))
  await network.settle()
}

/** What a client gets that pages back from the newest event until it is told that there is no more. */
async function pageAll({ node, user }: Actor, roomId: RoomId, limit: number): Promise<EventId[]> {
  const ctx = { reader: node.store, rooms: node.rooms, accounts: { accountData: () => undefined } }
  const ids: EventId[] = []
  for (let from: number | undefined; ;) {
    const query = { roomId, user, from, to: undefined, limit, accepts: () => true }
    const page = await network.during(pageBackward(ctx, query))
    expect(page.events.length).toBeLessThanOrEqual(limit)
    ids.push(...page.events.map((event) => event.pdu.eventId))
    if (page.end === undefined) return ids
    expect(page.end).toBeLessThan(from ?? Infinity)
    from = page.end
  }
}

/** Random messages and topics, while the network falls apart and heals again and again. */
async function forks(actors: readonly Actor[], roomId: RoomId, rounds: number): Promise<Set<EventId>> {
  const { random, wire } = network
  const sent = new Set<EventId>()
  for (let round = 0; round < rounds; round++) {
    for (const a of actors) {
      for (const b of actors) {
        if (a.node.name < b.node.name && random.next() < 0.7) wire.partition(a.node.name, b.node.name)
      }
    }
    for (const { node, user } of actors) {
      for (let i = Math.floor(random.next() * 4); i >= 0; i--) {
        if (random.next() < 0.1) {
          const topic = { roomId, sender: user, type: 'm.room.topic', stateKey: '' }
          sent.add(await node.rooms.sendEvent({ ...topic, content: { topic: `${round} ${i}` } }))
        } else sent.add(await node.text(roomId, user, `${user} ${round} ${i}`))
      }
    }
    wire.heal()
    // Not always long enough for everybody to hear of everything.
    if (random.next() < 0.5) await network.settle()
    else await network.run(300)
  }
  await network.settle()
  return sent
}

test.each([1, 2, 3, 4])(
  'every event is reached after forks, once, in one order whatever the size of the pages, seed %i',
  async (seed) => {
    const all = await actorsOf(seed, 4)
    const resident = all.slice(0, 3)
    const late = all[3] as Actor
    const roomId = await roomOf(resident)
    const sent = await forks(resident, roomId, 40)
    const first = resident[0] as Actor
    await join(late, roomId, first.node.name)
    const sizes = [1, 7, 100]
    const walks: EventId[][] = []
    // The first walk fetches, and the others read; each size has its turn at fetching.
    for (const size of [...sizes.slice(seed % 3), ...sizes.slice(0, seed % 3)]) {
      walks.push(await pageAll(late, roomId, size))
    }
    const [walk = []] = walks
    expect(new Set(walk).size).toBe(walk.length)
    expect([...sent].filter((id) => !walk.includes(id))).toEqual([])
    for (const other of walks) expect(other).toEqual(walk)
    expect(late.node.store.getEvent(walk.at(-1) as EventId)?.pdu.type).toBe('m.room.create')
    expect(late.node.store.gaps(roomId)).toEqual([])
    // Nothing comes before what it follows on.
    const place = new Map(walk.map((id, index) => [id, index]))
    for (const id of walk) {
      for (const prev of late.node.store.getEvent(id)?.pdu.prevEvents ?? []) {
        expect(place.get(prev) ?? Infinity).toBeGreaterThan(place.get(id) ?? 0)
      }
    }
  },
  30_000,
)

/** `b` was away while `a` and `c` talked; what it was not sent is a gap. */
async function awayFor(
  messages: number,
  until: 'newest arrived' | 'settled' = 'settled',
): Promise<{ actors: Actor[]; roomId: RoomId; sent: EventId[] }> {
  const actors = await actorsOf(7, 3)
  const [a, b, c] = actors as [Actor, Actor, Actor]
  const roomId = await roomOf(actors)
  const sent: EventId[] = []
  network.wire.partition(a.node.name, b.node.name)
  network.wire.partition(b.node.name, c.node.name)
  for (let i = 0; i < messages; i++) {
    const { node, user } = i % 50 === 49 ? c : a
    sent.push(await node.text(roomId, user, `missed ${i}`))
    if (i % 50 >= 48) await network.run(500)
  }
  await network.run(2_000)
  network.wire.heal()
  // As if their queues had been given up.
  for (const { node } of [a, c]) node.db.run('DELETE FROM outbox_pdus')
  sent.push(await a.node.text(roomId, a.user, 'you are back'))
  if (until === 'settled') await network.settle()
  else while (!b.node.bodies(roomId).includes('you are back')) await network.run(100)
  return { actors, roomId, sent }
}

/** What only `pdu` itself says of its room, as a liar would have it. */
type Answer = (from: readonly EventId[], limit: number) => Pdu[]

const bad: [what: string, spoil: (node: TestNode, honest: Answer) => void][] = [
  ['has nothing', (node) => Object.assign(node.rooms, { backfillForServer: () => [] })],
  [
    'leaves out what was asked for',
    (node, honest) =>
      Object.assign(node.rooms, {
        backfillForServer: (_origin: string, _room: string, from: EventId[], limit: number) =>
          honest(from, limit).slice(1),
      }),
  ],
  [
    'changes what was said',
    (node, honest) =>
      Object.assign(node.rooms, {
        backfillForServer: (_origin: string, _room: string, from: EventId[], limit: number) =>
          honest(from, limit).map((pdu) => ({ ...pdu, json: { ...pdu.json, content: { body: 'lie' } } })),
      }),
  ],
  ['never answers', (node) => network.wire.hanging.add(node.name)],
]

test.each(bad)(
  'a gap is filled when one scrolls to it, though the first server asked %s',
  async (_, spoil) => {
    const { actors, roomId, sent } = await awayFor(650)
    const [a, b] = actors as [Actor, Actor]
    const honest = { ...a.node.rooms }
    spoil(a.node, (from, limit) => honest.backfillForServer(b.node.name, roomId, from, limit))
    const startedAt = network.clock.now()
    const walk = await pageAll(b, roomId, 20)
    expect([...sent].filter((id) => !walk.includes(id))).toEqual([])
    expect(new Set(walk).size).toBe(walk.length)
    expect(b.node.bodies(roomId)).toHaveLength(sent.length)
    expect(b.node.bodies(roomId)).not.toContain('lie')
    expect(b.node.store.gaps(roomId)).toEqual([])
    // Who does not answer is waited for once, not with each page.
    expect(network.clock.now() - startedAt).toBeLessThan(60_000)
    expect(await pageAll(b, roomId, 50)).toEqual(walk)
  },
)

test('history is not refused because of the state that one server makes up', async () => {
  const actors = await actorsOf(8, 3)
  const [a, b, late] = actors as [Actor, Actor, Actor]
  const roomId = await roomOf([a, b])
  const sent: EventId[] = []
  for (let i = 0; i < 60; i++) {
    const { node, user } = i % 2 === 0 ? a : b
    // Topics in between, so that the state has to be asked for.
    if (i % 10 === 0) {
      const topic = { roomId, sender: user, type: 'm.room.topic', stateKey: '' }
      sent.push(await node.rooms.sendEvent({ ...topic, content: { topic: `${i}` } }))
    } else sent.push(await node.text(roomId, user, `message ${i}`))
    await network.settle()
  }
  // As if nobody of b had been in the room.
  const honest = { ...a.node.rooms }
  Object.assign(a.node.rooms, {
    stateAt: async (...args: Parameters<typeof honest.stateAt>) => {
      const { state, authChain } = await honest.stateAt(...args)
      return { state: state.filter((pdu) => pdu.stateKey !== b.user), authChain }
    },
  })
  await join(late, roomId, a.node.name)
  const walk = await pageAll(late, roomId, 10)
  expect(sent.filter((id) => !walk.includes(id))).toEqual([])
})

/** Room version 11: many at once say something, again and again, and each has heard of half of the others. */
function crowd(node: TestNode, roomId: RoomId, rounds: number): Pdu[] {
  const state = node.store.currentStateMap(roomId)
  const idOf = (type: string, key = ''): EventId => state.get(stateKeyOf(type, key)) as EventId
  const sender = node.user('user')
  const authEvents = [idOf('m.room.create'), idOf('m.room.power_levels'), idOf('m.room.member', sender)]
  let ends = node.store.forwardExtremities(roomId).map(({ eventId }) => eventId)
  const said: Pdu[] = []
  for (let round = 0; round < rounds; round++) {
    const events = Array.from({ length: 20 }, (_, n) =>
      buildPdu(
        {
          roomId,
          sender,
          authEvents,
          type: 'm.room.message',
          content: { msgtype: 'm.text', body: `${round} ${n}` },
          prevEvents: Array.from(
            { length: 10 },
            (__, k) => ends[(n + 3 * k) % ends.length] as EventId,
          ).filter((id, index, all) => all.indexOf(id) === index),
          depth: 100 + round,
          originServerTs: network.clock.now() + round,
        },
        '11',
        node.signer,
      ),
    )
    said.push(...events)
    ends = events.map(({ eventId }) => eventId)
  }
  return said
}

test.each([100, 20])(
  'a room in which twenty speak at once is read to its beginning, %i a page',
  async (limit) => {
    const actors = await actorsOf(21, 3)
    const [a, b, late] = actors as [Actor, Actor, Actor]
    const creation = { creator: a.user, preset: 'public_chat', roomVersion: '11' } as const
    const roomId = await a.node.rooms.createRoom(creation)
    await join(b, roomId, a.node.name)
    const said = crowd(b.node, roomId, 50)
    for (let at = 0; at < said.length; at += 20) {
      const jsons = said.slice(at, at + 20).map(({ json }) => json)
      await network.during(b.node.send(a.node.name, `crowd ${at}`, jsons))
    }
    await a.node.text(roomId, a.user, 'quiet, please')
    await network.settle()
    await join(late, roomId, a.node.name)
    const walk = await pageAll(late, roomId, limit)
    expect(new Set(walk).size).toBe(walk.length)
    expect(said.filter(({ eventId }) => !walk.includes(eventId))).toEqual([])
    expect(network.wire.requests.get('backfill')).toBeLessThan(60)
  },
)

test('what lies before a redaction at the edge of what came is reached', async () => {
  const actors = await actorsOf(3, 2)
  const [a, b] = actors as [Actor, Actor]
  const roomId = await roomOf([a])
  const target = await a.node.text(roomId, a.user, 'soon gone')
  const sent: EventId[] = [target]
  for (let i = 0; i < 130; i++) {
    // Every size of batch has one of these at its edge.
    if (i % 2 === 0) await a.node.rooms.redactEvent({ roomId, sender: a.user, target })
    else sent.push(await a.node.text(roomId, a.user, `message ${i}`))
  }
  await join(b, roomId, a.node.name)
  const walk = await pageAll(b, roomId, 10)
  expect(sent.filter((id) => !walk.includes(id))).toEqual([])
  expect(b.node.store.getEvent(target)?.pdu.content).toEqual({})
  // Each redaction came before what it names, and is shown in its place once that is there.
  const idsOf = ({ node }: Actor): EventId[] => node.timeline(roomId).map((pdu) => pdu.eventId)
  expect(idsOf(b)).toEqual(idsOf(a))
  expect(await pageAll(b, roomId, 10)).toEqual(idsOf(a).toReversed())
})

test('gaps that nobody can fill do not end the way down, and are tried again later', async () => {
  // Soon what is in between is fetched without anybody asking.
  const { actors, roomId, sent } = await awayFor(650, 'newest arrived')
  expect(actors[1]?.node.store.gaps(roomId).length).toBeGreaterThan(0)
  const [a, b, c] = actors as [Actor, Actor, Actor]
  network.wire.partition(a.node.name, b.node.name)
  network.wire.partition(b.node.name, c.node.name)
  const first = await pageAll(b, roomId, 20)
  expect(b.node.store.getEvent(first.at(-1) as EventId)?.pdu.type).toBe('m.room.create')
  const asked = network.wire.requests.get('backfill')
  await pageAll(b, roomId, 20)
  expect(network.wire.requests.get('backfill')).toBe(asked)
  network.wire.heal()
  await network.run(61_000)
  const walk = await pageAll(b, roomId, 20)
  expect(sent.filter((id) => !walk.includes(id))).toEqual([])
})

test('a server that stumbles once has not said that there is no more', async () => {
  const actors = await actorsOf(9, 2)
  const [a, b] = actors as [Actor, Actor]
  const roomId = await roomOf([a])
  for (let i = 0; i < 80; i++) await a.node.text(roomId, a.user, `message ${i}`)
  await join(b, roomId, a.node.name)
  network.wire.stumbling.set('backfill', 1)
  expect(await pageAll(b, roomId, 20)).toHaveLength(a.node.timeline(roomId).length)
  expect(network.wire.stumbling.get('backfill')).toBe(0)
})

test('where nobody can be reached the end is said to be none, and later the rest comes', async () => {
  const actors = await actorsOf(9, 2)
  const [a, b] = actors as [Actor, Actor]
  const roomId = await roomOf([a])
  for (let i = 0; i < 80; i++) await a.node.text(roomId, a.user, `message ${i}`)
  await join(b, roomId, a.node.name)
  network.wire.partition(a.node.name, b.node.name)
  const ctx = { reader: b.node.store, rooms: b.node.rooms, accounts: { accountData: () => undefined } }
  const page = (from: number | undefined) =>
    network.during(
      pageBackward(ctx, { roomId, user: b.user, from, to: undefined, limit: 100, accepts: () => true }),
    )
  const first = await page(undefined)
  expect(first).toMatchObject({ incomplete: true })
  expect(first.events.length).toBeGreaterThan(0)
  expect(await page(first.end)).toEqual({ events: [], end: undefined, incomplete: true })
  network.wire.heal()
  // Without a word from the other side it would be asked again after a minute.
  b.node.rooms.serverBack(a.node.name)
  const second = await page(first.end)
  expect(second.incomplete).toBeUndefined()
  expect(second.end).toBeUndefined()
  expect(second.events.at(-1)?.pdu.type).toBe('m.room.create')
  expect(first.events.length + second.events.length).toBe(a.node.timeline(roomId).length)
})

test('a stretch of history costs one request, and none for the state where only messages were sent', async () => {
  const actors = await actorsOf(5, 2)
  const [a, b] = actors as [Actor, Actor]
  const roomId = await roomOf([a])
  for (let i = 0; i < 1_000; i++) await a.node.text(roomId, a.user, `message ${i}`)
  await join(b, roomId, a.node.name)
  await pageAll(b, roomId, 50)
  expect(b.node.bodies(roomId)).toHaveLength(1_000)
  expect(network.wire.requests.get('backfill')).toBeLessThan(25)
  expect(network.wire.requests.get('state_ids') ?? 0).toBeLessThan(3)
  for (const event of b.node.store.timeline({ roomId, direction: 'forward', limit: 2_000 })) {
    expect(event.stateBefore).toBeDefined()
  }
})
