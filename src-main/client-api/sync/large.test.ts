import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { JsonObject, RoomId } from '../../core/types.ts'
import { createTestNode, field, type TestClient, type TestNode } from '../test-node.ts'

/* Long answers are put together in pieces, between which everything else goes on. */

interface Event {
  event_id: string
  type: string
  content: JsonObject
}
interface Sync {
  next_batch: string
  rooms: { join: Record<string, { timeline: { events: Event[] }; state: { events: Event[] } }> }
}

const KEYS = 600
let node: TestNode
let alice: TestClient
let roomId: RoomId

beforeEach(async () => {
  node = await createTestNode()
  alice = await node.client('alice')
  roomId = field(await alice.call('POST', '/createRoom', {}), 'room_id') as RoomId
  for (let n = 0; n < KEYS; n++) {
    const content = { n, text: 'words of some length '.repeat(20) }
    const event = { roomId, sender: alice.userId, type: 'org.example.state', stateKey: `${n}`, content }
    await node.rooms.sendEvent(event)
  }
  // Whatever this machine is like, each look at the clock finds it a millisecond later.
  let ms = performance.now()
  vi.spyOn(performance, 'now').mockImplementation(() => ms++)
})

afterEach(async () => {
  vi.restoreAllMocks()
  expect(node.errors.map((item) => item.values)).toEqual([])
  await node.stop()
})

/** How often the event loop turned during the work. */
async function turnsDuring<T>(work: Promise<T>): Promise<[T, number]> {
  let turns = 0
  let over = false
  const counting = (async () => {
    for (; !over; turns++) await setImmediate()
  })()
  const result = await work
  over = true
  await counting
  return [result, turns]
}

test('the first sync of a large room is whole, and leaves others their turns', async () => {
  const [answer, turns] = await turnsDuring(alice.sync())
  const { timeline, state } = (answer as unknown as Sync).rooms.join[roomId]!
  const keys = [...state.events, ...timeline.events].filter(({ type }) => type === 'org.example.state')
  expect(new Set(keys.map(({ content }) => content['n'])).size).toBe(KEYS)
  expect(turns).toBeGreaterThan(5)
  for (const path of ['state', 'members']) {
    const [list] = await turnsDuring(alice.call('GET', `/rooms/${encodeURIComponent(roomId)}/${path}`))
    expect(JSON.stringify(list)).toContain(alice.userId)
  }
})

test('what is said while a first sync is put together comes with the next one, once', async () => {
  const say = (body: string): Promise<JsonObject> =>
    alice.call('PUT', `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${body}`, { body })
  let said = 0
  let over = false
  const talking = (async () => {
    for (; !over; said++) await say(`${said}`)
  })()
  const first = (await alice.sync()) as unknown as Sync
  over = true
  await talking
  expect(said).toBeGreaterThan(1)
  const filter = JSON.stringify({ room: { timeline: { limit: 500 } } })
  const second = (await alice.sync({ since: first.next_batch, filter })) as unknown as Sync
  const heard = [first, second]
    .flatMap((answer) => answer.rooms.join[roomId]?.timeline.events ?? [])
    .filter(({ type }) => type === 'm.room.message')
    .map(({ content }) => content['body'])
  expect(heard).toEqual(Array.from({ length: said }, (_, n) => `${n}`))
})
