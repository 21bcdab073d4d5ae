import { expect, test } from 'vitest'
import { FakeClock } from '../test/harness/clock.ts'
import type { EventId, RoomId, ServerName } from './core/types.ts'
import type { RecordStore } from './inspector/ports.ts'
import { createTrace } from './inspector/trace.ts'
import { createNodePaths } from './node-paths.ts'
import type { RoomStore, StoredEvent } from './rooms/ports.ts'
import { Logger } from './trace/log.ts'

const own = 'own.example' as ServerName
const other = 'other.example' as ServerName
const kept = '$kept' as EventId

/** A node whose trace has nothing of an event in memory, and one that counts how often its disk is searched. */
function setUp() {
  const clock = new FakeClock()
  const log = new Logger(clock)
  let searches = 0
  const store: RecordStore = {
    firstFree: 100,
    lost: () => [],
    problem: () => undefined,
    append: () => undefined,
    leaveOut: () => undefined,
    async scan() {
      searches++
    },
    stop: () => Promise.resolve(),
  }
  const trace = createTrace({ log, clock, isKnown: () => true, openStore: () => store })
  const event = {
    pdu: { eventId: kept, roomId: '!room' as RoomId, sender: '@a:other.example' },
    status: 'accepted',
    receivedTs: 7,
  } as unknown as StoredEvent
  const { pathFor } = createNodePaths({
    serverName: own,
    trace,
    store: {} as RoomStore,
    outboxStore: { deliveries: () => [], backoff: () => undefined },
    outbox: () => ({ troubleWith: () => undefined }),
    domainAllowed: () => true,
    client: { request: () => Promise.reject(new Error('nobody is asked')) },
    rooms: () => ({
      eventStanding: (_, id) => (id === kept ? event : undefined),
      presence: { tells: () => true } as never,
    }),
    deviceName: () => undefined,
    clock,
  })
  return { clock, log, pathFor, searches: () => searches }
}

test('servers that ask for paths without end have the disk read seldom, and never for what is not here', async () => {
  const { clock, pathFor, searches } = setUp()
  for (let n = 0; n < 50; n++)
    await expect(pathFor(other, `$none${n}` as EventId)).rejects.toThrow('Nothing is known here')
  expect(searches()).toBe(0)
  for (let n = 0; n < 50; n++)
    expect(await pathFor(other, kept)).toMatchObject({ received: { ts: 7, how: 'unknown' } })
  expect(searches()).toBe(1)
  clock.step(2_000)
  await pathFor(other, kept)
  expect(searches()).toBe(2)
})

test('what the memory has of an event is told, also to who sent what was not kept', async () => {
  const { log, pathFor, searches } = setUp()
  log.run('federation in', { server: other }, (item) => {
    for (const event of [kept, '$refused']) item.note('staged', { event })
    item.note('dropped', { event: '$refused', reason: 'of no room here' })
  })
  expect(await pathFor(other, kept)).toMatchObject({ received: { how: 'sent' } })
  expect(await pathFor(other, '$refused' as EventId)).toMatchObject({
    verdict: { state: 'dropped', reason: 'of no room here' },
  })
  await expect(pathFor('third.example' as ServerName, '$refused' as EventId)).rejects.toThrow(
    'Nothing is known',
  )
  expect(searches()).toBe(0)
})
