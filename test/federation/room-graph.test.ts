import type { Hono } from 'hono'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { buildPdu } from '../../src-main/core/pdu.ts'
import type { EventId, RoomId, UserId } from '../../src-main/core/types.ts'
import { MatrixError } from '../../src-main/http/errors.ts'
import { createInspectorApp } from '../../src-main/inspector/app.ts'
import { graphEndpoints } from '../../src-main/inspector/graph/endpoints.ts'
import { GraphChangeLog, withGraphChanges } from '../../src-main/storage/rooms/graph-changes.ts'
import { createRoomGraph } from '../../src-main/storage/rooms/graph.ts'
import type { TestNetwork, TestNode } from '../harness/network.ts'
import { roomOfBoth, startPeople } from '../harness/people.ts'

const eventSchema = z.looseObject({
  event_id: z.string(),
  type: z.string(),
  state_key: z.string().optional(),
  server: z.string(),
  depth: z.number(),
  prev_events: z.array(z.string()),
  auth_events: z.array(z.string()),
  status: z.enum(['accepted', 'soft-failed', 'rejected', 'outlier']),
  reason: z.string().optional(),
})
const graphSchema = z.object({
  events: z.array(eventSchema),
  missing: z.array(z.string()),
  extremities: z.array(z.string()),
  extremity_count: z.number(),
  older: z.string().optional(),
  next: z.string(),
  reset: z.boolean().optional(),
})
type Graph = z.infer<typeof graphSchema>

let network: TestNetwork
let one: TestNode
let two: TestNode
let alice: UserId
let bob: UserId
let roomId: RoomId
let app: Hono

beforeEach(async () => {
  const people = await startPeople(31)
  ;({ network, one, two, alice, bob } = people)
  app = watch(one)
  roomId = await roomOfBoth(people, { name: 'Harbour' })
})

afterEach(async () => {
  await network.stop()
})

/** What the node's inspector tells of its rooms. */
function watch(node: TestNode): Hono {
  const changes = new GraphChangeLog({ clock: network.clock, random: network.random })
  node.store = withGraphChanges(node.store, node.db, changes)
  node.restart()
  const inspector = createInspectorApp([
    graphEndpoints({
      graph: createRoomGraph(node.db),
      changes,
      nameOf: (id) => (id === roomId ? 'Harbour' : undefined),
      clock: network.clock,
    }),
  ])
  inspector.onError((error, c) =>
    error instanceof MatrixError ? c.json({ errcode: error.errcode }, error.status as 400) : c.json({}, 500),
  )
  return inspector
}

async function graph(query: Record<string, string | number> = {}, from = app): Promise<Graph> {
  const words = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]))
  const answer = await from.request(`/rooms/${encodeURIComponent(roomId)}/graph?${words}`)
  expect(answer.status).toBe(200)
  return graphSchema.parse(await answer.json())
}

const find = (events: Graph['events'], id: string) => events.find((event) => event.event_id === id)

test('a partition is a fork that is seen live, and what comes after it a merge', async () => {
  const before = await graph()
  expect(before.extremities).toHaveLength(1)
  const [root] = before.extremities
  const news = graph({ after: before.next, wait: 60_000 })
  network.wire.partition(one.name, two.name)
  const here = await one.text(roomId, alice, 'here')
  const there = await two.text(roomId, bob, 'there')
  const first = await network.during(news)
  expect(first.events.map((event) => event.event_id)).toEqual([here])
  expect(first.extremities).toEqual([here])

  const second = graph({ after: first.next, wait: 60_000 })
  network.wire.heal()
  await network.settle()
  const fork = await second
  expect(find(fork.events, there)).toMatchObject({
    server: 'two.test',
    prev_events: [root],
    status: 'accepted',
  })
  expect(new Set(fork.extremities)).toEqual(new Set([here, there]))

  const merge = await one.text(roomId, alice, 'together')
  const third = await graph({ after: fork.next })
  expect(new Set(find(third.events, merge)?.prev_events)).toEqual(new Set([here, there]))
  expect(third.extremities).toEqual([merge])
  // Nothing more happened: the wait ends with nothing, and at the same place.
  expect(await network.during(graph({ after: third.next, wait: 200 }))).toMatchObject({
    events: [],
    next: third.next,
  })
})

test('what was refused is there with its status and its reason, and is no end of the graph', async () => {
  const ends = two.store.forwardExtremities(roomId)
  const auth = (type: string, key: string): EventId[] => {
    const event = two.store.currentStateEvent(roomId, type, key)
    return event === undefined ? [] : [event.pdu.eventId]
  }
  const authEvents = [...auth('m.room.power_levels', ''), ...auth('m.room.member', bob)]
  const draft = (change: Partial<Parameters<typeof buildPdu>[0]>) =>
    buildPdu(
      {
        roomId,
        type: 'm.room.message',
        sender: bob,
        content: { body: 'hello' },
        authEvents,
        prevEvents: ends.map(({ eventId }) => eventId),
        depth: (ends[0]?.depth ?? 0) + 1,
        originServerTs: network.clock.now(),
        ...change,
      },
      '12',
      two.signer,
    )
  const rejected = draft({ type: 'm.room.name', stateKey: '', content: { name: 'mine' } })
  await network.during(two.send(one.name, 'refused', [rejected.json]))
  await network.during(one.rooms.kickUser({ roomId, sender: alice, target: bob }))
  const late = draft({ content: { body: 'I was here before' } })
  await network.during(two.send(one.name, 'late', [late.json]))

  const { events, extremities } = await graph()
  expect(find(events, rejected.eventId)).toMatchObject({ status: 'rejected', state_key: '' })
  expect(find(events, rejected.eventId)?.reason).toBeTruthy()
  expect(find(events, late.eventId)).toMatchObject({ status: 'soft-failed', auth_events: authEvents })
  expect(find(events, late.eventId)?.reason).toContain('not')
  expect(extremities).not.toContain(rejected.eventId)
  expect(extremities).not.toContain(late.eventId)
  const rooms = (await (await app.request('/rooms')).json()) as { rooms: object[] }
  expect(rooms.rooms).toEqual([
    {
      room_id: roomId,
      name: 'Harbour',
      version: '12',
      participating: true,
      events: events.length,
      extremities: 1,
      gaps: 0,
      rejected: 1,
      soft_failed: 1,
      outliers: 0,
    },
  ])
})

test('who joins late has outliers, and a gap that closes when history is fetched', async () => {
  const clara = two.user('clara')
  const secret = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
  // More than is fetched at a join.
  for (let i = 0; i < 120; i++) await one.text(secret, alice, `before ${i}`)
  const at = watch(two)
  await network.during(two.rooms.joinRoom({ user: clara, room: secret, via: [one.name] }))
  await network.settle()
  roomId = secret
  const joined = await graph({}, at)
  const outliers = joined.events.filter((event) => event.status === 'outlier')
  expect(outliers.map((event) => event.type)).toContain('m.room.create')
  const lowest = joined.events.findLast((event) => event.status === 'accepted')
  expect(joined.missing).toEqual(lowest?.prev_events)
  expect(joined.missing).toHaveLength(1)

  const closing = graph({ after: joined.next, wait: 60_000 }, at)
  while (await network.during(two.rooms.backfill(roomId, undefined, 100)));
  const filled = await network.during(closing)
  expect(filled.events.map((event) => event.event_id)).toContain(joined.missing[0])
  const after = await graph({}, at)
  expect(after.missing).toEqual([])
  expect(after.events.filter((event) => event.status === 'outlier')).toEqual([])
})

test('pages go from the newest down, each event once; positions of another run and nonsense are told so', async () => {
  for (let i = 0; i < 130; i++) await one.text(roomId, alice, `${i}`)
  const all = await graph()
  const paged: string[] = []
  for (let older: string | undefined = '', pages = 0; older !== undefined; pages++) {
    const page: Graph = await graph({ limit: 60, ...(older === '' ? {} : { before: older }) })
    paged.push(...page.events.map((event) => event.event_id))
    expect(pages).toBeLessThan(5)
    ;({ older } = page)
  }
  expect(paged).toEqual(all.events.map((event) => event.event_id))
  expect(new Set(paged).size).toBe(one.store.storedEvents(roomId))
  expect(all.events[0]?.event_id).toBe(all.extremities[0])

  expect(await graph({ after: 'elsewhere.3' })).toMatchObject({ reset: true, events: [] })
  const status = async (path: string) => (await app.request(`/rooms/${path}`)).status
  expect(await status(`${encodeURIComponent(roomId)}/graph?before=x`)).toBe(400)
  expect(await status(`${encodeURIComponent(roomId)}/graph?limit=-1`)).toBe(400)
  expect(await status('nonsense/graph')).toBe(400)
  expect(await status(`${encodeURIComponent('!unknown:one.test')}/graph`)).toBe(404)
})
