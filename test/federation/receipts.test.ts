import { afterEach, expect, test } from 'vitest'
import type { EventId, JsonObject, RoomId } from '../../src-main/core/types.ts'
import { roomOfBoth, startPeople, type People } from '../harness/people.ts'

let { network, one, two, alice, bob } = {} as People
let roomId: RoomId

async function start(): Promise<void> {
  const people = await startPeople()
  ;({ network, one, two, alice, bob } = people)
  roomId = await roomOfBoth(people)
}
afterEach(() => network.stop())

async function say(body: string): Promise<EventId> {
  const id = await one.text(roomId, alice, body)
  await network.settle()
  return id
}
const read = (
  eventId: EventId,
  threadId?: string,
  receiptType: 'm.read' | 'm.read.private' = 'm.read',
): void => two.rooms.putReceipt({ user: bob, roomId, eventId, receiptType, threadId })
const seen = (): (string | number | undefined)[][] =>
  one.store
    .receipts(roomId)
    .filter((row) => row.userId === bob)
    .map((row) => [row.eventId, row.threadId, row.receiptType])
const edu = (user: string, receipt: object): JsonObject => ({
  edu_type: 'm.receipt',
  content: { [roomId]: { 'm.read': { [user]: receipt as JsonObject } } },
})

test('each thread has its receipt; private ones stay at home', async () => {
  await start()
  const root = await say('root')
  const last = await say('last')
  read(root, root)
  read(root, 'main')
  read(last)
  read(last, undefined, 'm.read.private')
  await network.settle()
  expect(seen()).toEqual([
    [root, root, 'm.read'],
    [root, 'main', 'm.read'],
    [last, undefined, 'm.read'],
  ])
  expect(two.store.receipts(roomId)).toHaveLength(4)
})

test('for a server that is away the newest receipt is kept, and delivered when it is back', async () => {
  await start()
  const ids = [await say('1'), await say('2'), await say('3')]
  network.wire.partition(one.name, two.name)
  for (const id of ids) read(id)
  read(ids[0]!, 'main')
  await network.run(10_000)
  expect(seen()).toEqual([])
  // One was under way when the next ones came; of those only the newest waits.
  expect(two.outbox.queuedFor(one.name).edus).toBeLessThanOrEqual(3)
  network.wire.heal()
  await network.settle()
  expect(seen()).toContainEqual([ids[2], undefined, 'm.read'])
  expect(seen()).toContainEqual([ids[0], 'main', 'm.read'])
  expect(seen()).toHaveLength(2)
})

test('what another server says of receipts is checked', async () => {
  await start()
  const [first, second] = [await say('1'), await say('2')]
  const elsewhere = await one.rooms.createRoom({ creator: alice })
  const foreign = await one.text(elsewhere, alice, 'not there')
  const at = (eventId: unknown, data: object = { ts: 5 }): object => ({ event_ids: [eventId], data })
  const receive = (...edus: JsonObject[]): Promise<unknown> =>
    network.during(two.send(one.name, `t${network.random.token(8)}`, [], edus))
  await receive(
    edu(alice, at(second)),
    edu('@ghost:two.test', at(second)),
    edu(bob, at(foreign)),
    edu(bob, at(7)),
    edu(bob, { event_ids: 'x' }),
    edu(bob, at(second, { ts: 5, thread_id: '$nonsense' })),
    edu(bob, at(second, { ts: 5, thread_id: '' })),
  )
  expect(one.store.receipts(roomId)).toEqual([])
  await receive(edu(bob, at(second, { ts: 9e15 })))
  expect(seen()).toEqual([[second, undefined, 'm.read']])
  expect(one.store.receipts(roomId)[0]?.ts).toBeLessThanOrEqual(network.clock.now())
  // An older one, and the same again, change nothing.
  const pos = one.store.maxStreamPos()
  await receive(edu(bob, at(first)), edu(bob, at(second)))
  expect(seen()).toEqual([[second, undefined, 'm.read']])
  expect(one.store.maxStreamPos()).toBe(pos)
  // The event it names may come later.
  await receive(edu(bob, at('$still-on-its-way')))
  expect(seen()).toEqual([['$still-on-its-way', undefined, 'm.read']])
})

test('who comes back with many receipts, or floods, has them written together and bounded', async () => {
  await start()
  const id = await say('1')
  const content: JsonObject = { [roomId]: { 'm.read': {} } }
  const users = Array.from({ length: 30_000 }, (_, n) => [`@u${n}:two.test`, { event_ids: [id], data: {} }])
  content[roomId] = { 'm.read': Object.fromEntries(users) as JsonObject }
  const last = edu(bob, { event_ids: [id], data: { ts: 5 } })
  await network.during(two.send(one.name, 'flood', [], [{ edu_type: 'm.receipt', content }, last]))
  expect(seen()).toEqual([])
  expect(one.items.some((item) => JSON.stringify(item).includes('receipts left out'))).toBe(true)
  const pos = one.store.maxStreamPos()
  await network.during(
    two.send(
      one.name,
      'next',
      [],
      Array.from({ length: 100 }, () => last),
    ),
  )
  expect(seen()).toEqual([[id, undefined, 'm.read']])
  expect(one.store.maxStreamPos()).toBeGreaterThan(pos)
})

test('a server that never stops to say who is typing is not listened to for ever', async () => {
  await start()
  const serial = one.rooms.typingSerial(roomId)
  for (let n = 0; n < 5; n++) {
    const edus = Array.from({ length: 100 }, (_, i) => ({
      edu_type: 'm.typing',
      content: { room_id: roomId, user_id: bob, typing: i % 2 === 0 },
    }))
    await network.during(two.send(one.name, `typing${n}`, [], edus))
  }
  expect(one.rooms.typingSerial(roomId) - serial).toBeLessThanOrEqual(200)
})
