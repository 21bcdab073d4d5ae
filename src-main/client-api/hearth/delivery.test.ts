import { afterEach, expect, test } from 'vitest'
import type { EventId, ServerName } from '../../core/types.ts'
import type { Deliveries, Delivery } from '../ports.ts'
import { createTestNode, field, type TestNode } from '../test-node.ts'

let node: TestNode
afterEach(() => node.stop())

const other = 'b.example' as ServerName
const rows = new Map<EventId, Delivery[]>()
let wake: (() => void)[] = []
const deliveries: Deliveries = {
  of: (id) => rows.get(id) ?? [],
  nextChange: (signal) =>
    new Promise((resolve) => {
      wake.push(resolve)
      signal.addEventListener('abort', () => resolve())
    }),
}
const row = (state: Delivery['state'], more: Partial<Delivery> = {}): Delivery => ({
  serverName: other,
  displayName: undefined,
  ts: undefined,
  error: undefined,
  denied: false,
  state,
  ...more,
})

test('tells those in the room who has received what was sent from here, and waits for news', async () => {
  node = await createTestNode({ deliveries })
  const alice = await node.client('alice')
  const eve = await node.client('eve')
  const roomId = field(await alice.call('POST', '/createRoom', {}), 'room_id')
  const sent = await alice.call('PUT', `/rooms/${roomId}/send/m.room.message/1`, {
    body: 'hi',
    msgtype: 'm.text',
  })
  const eventId = field(sent, 'event_id') as EventId
  rows.set(eventId, [row('waiting', { displayName: 'Bob', error: 'The other server cannot be reached.' })])
  const path = `/_hearth/v1/rooms/${encodeURIComponent(roomId)}/delivery/${encodeURIComponent(eventId)}`
  const waiting = {
    destinations: [
      {
        server_name: other,
        display_name: 'Bob',
        state: 'waiting',
        error: 'The other server cannot be reached.',
      },
    ],
  }
  expect(await alice.call('GET', path)).toEqual(waiting)
  await eve.call('GET', path, undefined, 403)

  const body = { event_ids: [eventId, '$unknown'] }
  expect((await eve.call('POST', '/_hearth/v1/delivery', body))['events']).toEqual({})
  const first = await alice.call('POST', '/_hearth/v1/delivery', body)
  expect(first['events']).toEqual({ [eventId]: waiting })
  const next = alice.call('POST', '/_hearth/v1/delivery?timeout=60000', { ...body, since: first['position'] })
  await expect.poll(() => wake.length).toBe(1)
  // What concerns others goes by unnoticed.
  wake.shift()?.()
  await expect.poll(() => wake.length).toBe(1)
  rows.set(eventId, [row('delivered', { ts: 5 })])
  wake.shift()?.()
  expect((await next)['events']).toEqual({
    [eventId]: { destinations: [{ server_name: other, state: 'delivered', ts: 5 }] },
  })
  await alice.call('POST', '/_hearth/v1/delivery', { event_ids: Array(101).fill('$a') }, 400)
  wake = []
})
