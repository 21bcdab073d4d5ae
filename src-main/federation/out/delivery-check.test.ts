import { afterEach, expect, test } from 'vitest'
import type { EventId, JsonObject, RoomId, ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import { Logger } from '../../trace/log.ts'
import { fakeClock, until } from '../test-support.ts'
import { createDeliveryCheck, type DeliveryCheck } from './delivery-check.ts'

const dest = 'b.example' as ServerName
const [one, two] = ['!one' as RoomId, '!two' as RoomId]
let check: DeliveryCheck
afterEach(() => check.stop())

test('who has the oldest event that it was not sent has them all; who does not is asked ever more rarely', async () => {
  const clock = fakeClock()
  const told = new Map<RoomId, EventId>([
    [one, '$one' as EventId],
    [two, '$two' as EventId],
  ])
  const asked: string[] = []
  let has = new Set(['$one'])
  check = createDeliveryCheck({
    store: {
      toldDestinations: () => [dest],
      toldOf: () => [...told].map(([roomId, oldest]) => ({ roomId, oldest })),
      hasAll: (_destination, roomId) => told.delete(roomId),
    },
    getEvent(server, id): Promise<JsonObject> {
      asked.push(id)
      if (has.has(id)) return Promise.resolve({})
      return Promise.reject(new RemoteError(server, 'not here', { status: 404, retryable: false }))
    },
    changed: () => undefined,
    clock,
    log: new Logger(clock),
  })
  check.start()
  check.progressed(dest)
  clock.advance(20_000)
  await until(() => asked.length === 2 && clock.pending() === 1)
  expect([...told.keys()]).toEqual([two])
  clock.advance(20_000)
  expect(asked).toHaveLength(2)
  has = new Set(['$two'])
  clock.advance(100_000)
  await until(() => told.size === 0)
  await until(() => clock.pending() === 0)
})
