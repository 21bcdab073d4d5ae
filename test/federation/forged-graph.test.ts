import { afterEach, beforeEach, expect, test } from 'vitest'
import { roomVersionRules } from '../../src-main/core/room-versions.ts'
import { buildPdu, parsePdu, type PduDraft } from '../../src-main/core/pdu.ts'
import { contentHash } from '../../src-main/core/hashes.ts'
import { signPduJson } from '../../src-main/core/signatures.ts'
import type { EventId, JsonObject, Pdu, RoomId, RoomVersionId, UserId } from '../../src-main/core/types.ts'
import type { TestNode } from '../harness/network.ts'
import { startPeople, type People } from '../harness/people.ts'

/*
 * A server in the room that signs well, and gives ids twice, auth events in circles or without end, and thousands
 * of ends to the room. The honest ones agree on the state, go on talking, and the reason is said.
 */

let evil: TestNode
let { network, one, two, alice, bob } = {} as People
let mallory: UserId
let roomId: RoomId
let version: RoomVersionId
let txn = 0

beforeEach(async () => {
  ;({ network, one, two, alice, bob } = await startPeople(31, ['one.test', 'two.test', 'evil.test']))
  evil = network.node('evil.test')
  mallory = evil.user('mallory')
})

afterEach(() => network.stop())

async function room(roomVersion: RoomVersionId): Promise<void> {
  version = roomVersion
  roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat', roomVersion })
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId, via: [one.name] }))
  await network.during(evil.rooms.joinRoom({ user: mallory, room: roomId, via: [one.name] }))
  await network.settle()
}

function idOf(type: string, key = ''): EventId {
  return one.store.currentStateEvent(roomId, type, key)!.pdu.eventId
}

function ends(node: TestNode): EventId[] {
  return node.store.forwardExtremities(roomId).map(({ eventId }) => eventId)
}

/** A message of mallory, changed at will. */
function draft(change: Partial<PduDraft> = {}): Pdu {
  const create = roomVersionRules(version).roomIdIsCreateHash ? [] : [idOf('m.room.create')]
  return buildPdu(
    {
      roomId,
      type: 'm.room.message',
      sender: mallory,
      content: { msgtype: 'm.text', body: 'lie' },
      authEvents: [...create, idOf('m.room.power_levels'), idOf('m.room.member', mallory)],
      prevEvents: ends(one),
      depth: 50,
      originServerTs: network.clock.now(),
      ...change,
    },
    version,
    evil.signer,
  )
}

/** The same event, with fields that nobody would write who means it well; hashed and signed. */
function resigned(pdu: Pdu, change: JsonObject): Pdu {
  const json: JsonObject = { ...pdu.json, signatures: {}, ...change }
  const hashed = { ...json, hashes: { sha256: contentHash(json) } }
  const parsed = parsePdu(signPduJson(hashed, roomVersionRules(version), evil.signer), version)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.pdu
}

function send(to: TestNode, ...pdus: Pdu[]): Promise<Record<string, { error?: string }>> {
  return network.during(
    evil.send(
      to.name,
      `forged ${++txn}`,
      pdus.map((pdu) => pdu.json),
    ),
  )
}

/** Both honest people are heard, and their servers have the same state, as it was before. */
async function goesOn(before: readonly string[]): Promise<void> {
  const texts = [`alice ${++txn}`, `bob ${txn}`]
  await one.text(roomId, alice, texts[0]!)
  await two.text(roomId, bob, texts[1]!)
  const end = network.clock.now() + 60_000
  const heard = (node: TestNode): boolean => texts.every((text) => node.bodies(roomId).includes(text))
  while (!(heard(one) && heard(two)) && network.clock.now() < end) await network.run(500)
  expect(heard(one) && heard(two)).toBe(true)
  expect(one.state(roomId)).toEqual(before)
  expect(two.state(roomId)).toEqual(before)
}

function logged(node: TestNode, text: string): boolean {
  return JSON.stringify(node.items).includes(text)
}

test.each<RoomVersionId>(['1', '2'])(
  'version %s: two events of one id: the first stays as it is, and of the second it is said why it is not taken',
  async (roomVersion) => {
    await room(roomVersion)
    const before = one.state(roomId)
    const first = draft({ content: { msgtype: 'm.text', body: 'to one' } })
    const second = resigned(first, { content: { msgtype: 'm.text', body: 'to two' } })
    expect(second.eventId).toBe(first.eventId)
    expect(await send(one, first)).toEqual({ [first.eventId]: {} })
    expect(await send(two, second)).toEqual({ [first.eventId]: {} })
    for (const [node, other] of [
      [one, second],
      [two, first],
    ] as const) {
      expect((await send(node, other))[first.eventId]?.error).toContain('another event has the id')
      expect(logged(node, 'another event has the id')).toBe(true)
    }
    expect(one.bodies(roomId)).toEqual(['to one'])
    expect(two.bodies(roomId)).toEqual(['to two'])
    await goesOn(before)
  },
)

test('version 2: a membership that others refer to is not exchanged for another under its id', async () => {
  await room('2')
  const before = one.state(roomId)
  const join = one.store.getEvent(idOf('m.room.member', mallory))!.pdu
  // As another server had it that knows the join only from auth chains.
  const outlier = draft({
    type: 'm.room.member',
    stateKey: mallory,
    content: { membership: 'join', displayname: 'kept' },
  })
  one.store.transaction(() => one.store.insertEvent({ pdu: outlier, status: 'outlier', receivedTs: 1 }))
  for (const pdu of [
    resigned(join, { content: { membership: 'join', displayname: 'exchanged' } }),
    resigned(outlier, { auth_events: [[outlier.eventId, {}]] }),
  ]) {
    expect((await send(one, pdu))[pdu.eventId]?.error).toContain('another event has the id')
  }
  expect(one.store.getEvent(join.eventId)?.pdu).toEqual(join)
  expect(one.store.getEvent(outlier.eventId)?.pdu).toEqual(outlier)
  await goesOn(before)
})

test('version 2: the id of an event of another room, or in the name of another server', async () => {
  await room('2')
  const before = one.state(roomId)
  const elsewhere = await one.rooms.createRoom({ creator: alice, preset: 'public_chat', roomVersion: '2' })
  await network.during(evil.rooms.joinRoom({ user: mallory, room: elsewhere, via: [one.name] }))
  await network.settle()
  const taken = one.store.currentStateEvent(elsewhere, 'm.room.member', mallory)!.pdu
  const again = resigned(draft(), { event_id: taken.eventId })
  expect((await send(one, again))[taken.eventId]?.error).toContain('another event has the id')
  const named = resigned(draft(), { event_id: '$made-up:one.test' })
  expect((await send(one, named))[named.eventId]?.error).toContain('signed')
  expect(one.store.getEvent(named.eventId)).toBeUndefined()
  expect(one.store.getEvent(taken.eventId)?.pdu).toEqual(taken)
  await goesOn(before)
})

test.each<RoomVersionId>(['3', '10', '12'])(
  'version %s: an event that says it has the id of another has its own',
  async (roomVersion) => {
    await room(roomVersion)
    const before = one.state(roomId)
    const text = await one.text(roomId, alice, 'mine')
    await network.settle()
    const pdu = resigned(draft(), { event_id: text })
    expect(pdu.eventId).not.toBe(text)
    expect(await send(one, pdu)).toEqual({ [pdu.eventId]: {} })
    expect(one.store.getEvent(text)?.pdu).toMatchObject({ sender: alice, content: { body: 'mine' } })
    await goesOn(before)
  },
)

test('version 2: auth events and prev events in circles are never stored, and hold up nobody', async () => {
  await room('2')
  const before = one.state(roomId)
  const circle = (key: 'auth_events' | 'prev_events'): Pdu[] => {
    const [a, b] = [draft({ content: { in: key } }), draft({ content: { in: key }, depth: 51 })]
    const others = key === 'auth_events' ? b!.json[key] : []
    const list = (id: EventId) => [...(Array.isArray(others) ? others : []), [id, {}]]
    return [resigned(a!, { [key]: list(b!.eventId) }), resigned(b!, { [key]: list(a!.eventId) })]
  }
  const self = draft()
  const lies = [
    ...circle('auth_events'),
    resigned(self, { auth_events: [[self.eventId, {}]], prev_events: [[self.eventId, {}]] }),
  ]
  const loop = circle('prev_events')
  const told = new Map([...lies, ...loop].map((pdu) => [pdu.eventId, pdu]))
  evil.rooms.authChainOf = () => Promise.resolve([...told.values()])
  evil.rooms.missingEventsForServer = () => [...told.values()]
  evil.rooms.backfillForServer = () => [...told.values()]
  evil.rooms.eventForServer = (_, id) => told.get(id)!
  evil.rooms.stateAt = () => Promise.resolve({ state: [...told.values()], authChain: [...told.values()] })
  await send(one, ...lies, ...loop)
  await goesOn(before)
  for (const pdu of lies) expect(one.store.getEvent(pdu.eventId)).toBeUndefined()
  for (let hours = 0; hours < 12 && one.store.stagedRooms().length > 0; hours += 1 / 30) {
    network.clock.step(120_000)
    await network.run(1_000)
  }
  expect(one.store.stagedRooms()).toEqual([])
  expect(logged(one, 'given up')).toBe(true)
  await goesOn(before)
}, 20_000)

test.each<[string, (n: number) => EventId[]]>([
  ['that never end', (n) => [`$${String(n).padStart(43, 'n')}` as EventId]],
  ['that nobody asked for', () => []],
])(
  'auth chains %s are asked for a bounded number of times, and leave nothing behind',
  async (_, auth) => {
    await room('10')
    const before = one.state(roomId)
    const stored = () => Number(one.db.get('SELECT count(*) AS n FROM events')?.['n'])
    let made = 0
    let asked = 0
    const more = (count: number): Pdu[] =>
      Array.from({ length: count }, () => {
        const authEvents = [
          idOf('m.room.create'),
          idOf('m.room.power_levels'),
          idOf('m.room.member', mallory),
        ]
        return draft({ content: { body: `${++made}` }, authEvents: [...authEvents, ...auth(made)] })
      })
    evil.rooms.authChainOf = () => {
      asked++
      return Promise.resolve(more(500))
    }
    evil.rooms.eventForServer = () => {
      asked++
      return more(1)[0]!
    }
    const had = stored()
    const lie = draft({ authEvents: [idOf('m.room.create'), `$${'A'.repeat(43)}` as EventId] })
    await send(one, lie)
    expect(stored()).toBe(had)
    await goesOn(before)
    await network.run(60_000)
    expect(stored() - had).toBeLessThanOrEqual(2)
    expect(asked).toBeLessThan(100)
    expect(one.store.getEvent(lie.eventId)).toBeUndefined()
  },
  20_000,
)

test('a chain that grows by one event with each question ends at a bound', async () => {
  await room('10')
  const before = one.state(roomId)
  // Each is the auth event of the one before, made from its end: hashes allow no other way.
  const chain: Pdu[] = []
  let last = `$${'B'.repeat(43)}` as EventId
  for (let n = 0; n < 1_500; n++) {
    const pdu = draft({
      type: 'm.room.member',
      stateKey: mallory,
      content: { membership: 'join', displayname: `${n}` },
      authEvents: [idOf('m.room.create'), idOf('m.room.power_levels'), idOf('m.room.join_rules'), last],
    })
    chain.push(pdu)
    last = pdu.eventId
  }
  const byId = new Map(chain.map((pdu) => [pdu.eventId, pdu]))
  let asked = 0
  evil.rooms.authChainOf = () => Promise.resolve([])
  evil.rooms.eventForServer = (_, id) => {
    asked++
    return byId.get(id)!
  }
  const lie = draft({ authEvents: [idOf('m.room.create'), idOf('m.room.power_levels'), last] })
  await send(one, lie)
  await goesOn(before)
  expect(asked).toBeGreaterThan(100)
  expect(asked).toBeLessThan(1_000)
  expect(one.store.getEvent(lie.eventId)).toBeUndefined()
}, 20_000)

test('two thousand events that all hang on an old one: few ends remain, and people talk at their usual speed', async () => {
  await room('10')
  const old = ends(one)
  for (let n = 0; n < 20; n++) await one.text(roomId, alice, `${n}`)
  await network.settle()
  const before = one.state(roomId)
  for (let round = 0; round < 4; round++) {
    // As many at once as may wait for their turn, half of them.
    const floods = Array.from({ length: 10 }, (_, lane) =>
      evil.send(
        one.name,
        `flood ${round} ${lane}`,
        Array.from({ length: 50 }, (__, n) => {
          const body = `${round} ${lane} ${n}`
          return draft({ content: { msgtype: 'm.text', body }, prevEvents: old, depth: 7 }).json
        }),
      ),
    )
    await network.during(Promise.all(floods))
    // The ends are merged after the answer.
    await network.during(one.rooms.idle())
    expect(ends(one).length).toBeLessThanOrEqual(20)
  }
  const mine = await one.text(roomId, alice, 'after the flood')
  const { prevEvents } = one.store.getEvent(mine)!.pdu
  expect(prevEvents.length).toBeLessThanOrEqual(20)
  await network.settle()
  expect(ends(one)).toHaveLength(1)
  await goesOn(before)
  // What alice and bob said at the same time.
  expect(ends(one).length).toBeLessThanOrEqual(2)
  expect(logged(one, 'extremities merged')).toBe(true)
}, 30_000)

test('an event that names more than 20 prev events or 10 auth events is refused, and this is said', async () => {
  await room('10')
  const before = one.state(roomId)
  const fine = draft()
  const unknown = (count: number) =>
    Array.from({ length: count }, (_, n) => `$${String(n).padStart(43, 'u')}`)
  for (const [key, max] of [
    ['prev_events', 20],
    ['auth_events', 10],
  ] as const) {
    const json = { ...fine.json, [key]: unknown(max + 1), signatures: {} }
    const signed = signPduJson(
      { ...json, hashes: { sha256: contentHash(json) } },
      roomVersionRules(version),
      evil.signer,
    )
    const answer = await network.during(evil.send(one.name, `long ${++txn}`, [signed]))
    const reason = `${key} has ${max + 1} entries, at most ${max}`
    expect(Object.values(answer).map(({ error }) => error)).toEqual([expect.stringContaining(reason)])
    expect(logged(one, reason)).toBe(true)
  }
  await goesOn(before)
})
