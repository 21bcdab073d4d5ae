import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventId, Pdu, ServerName } from '../core/types.ts'
import { openMemoryDatabase, type Database } from './database.ts'
import { createOutboxLook } from './outbox-look.ts'
import { createOutboxStore, enqueueEdu, enqueuePdu } from './outbox.ts'

const dest = 'b.example' as ServerName
let db: Database
beforeEach(() => {
  db = openMemoryDatabase()
})
afterEach(() => db.close())
const queue = (id: string, roomId = '!r') => enqueuePdu(db, [dest], { eventId: id, roomId } as unknown as Pdu)
const look = () => createOutboxLook(db, 'a.example' as ServerName)
const store = () => createOutboxStore(db, (id) => ({ id }))

test('what waits is counted by room, in the order in which it goes', () => {
  queue('$a', '!one')
  queue('$b', '!two')
  queue('$c', '!one')
  enqueueEdu(db, dest, { edu_type: 'm.receipt' })
  enqueueEdu(db, dest, { edu_type: 'm.receipt' })
  enqueueEdu(db, dest, { unreadable: true })
  const found = look().queue(dest)
  expect(found.rooms).toMatchObject([
    { roomId: '!one', events: 2, kind: 'queued' },
    { roomId: '!two', events: 1, kind: 'queued' },
  ])
  expect(found.first.map(({ eventId }) => eventId)).toEqual(['$a', '$b', '$c'])
  // The events themselves are gone: that is said, and breaks nothing.
  expect(found.first[0]).toMatchObject({ type: undefined, originServerTs: undefined, bytes: 0 })
  expect(found.edus).toMatchObject([
    { type: 'm.receipt', count: 2 },
    { type: 'unknown', count: 1 },
  ])
  expect(found.isPartial).toBe(false)
})

test('a queue of any length is looked at to a bound, and says so', () => {
  db.transaction(() => {
    for (let n = 0; n < 3_000; n++) queue(`$${n}`)
  })
  const found = look().queue(dest)
  expect(found.isPartial).toBe(true)
  expect(found.first.length).toBeLessThan(100)
  expect(found.rooms[0]?.events).toBeLessThan(3_000)
})

test('what the other side did not take is told with its reason, what it took is not', () => {
  for (const id of ['$fine', '$refused', '$poison']) queue(id)
  const outbox = store()
  outbox.begin(dest, 't1', 5, 2, [])
  const outcome = {
    ts: 6,
    eventIds: ['$fine', '$refused'] as EventId[],
    errors: new Map([['$refused' as EventId, 'not allowed']]),
  }
  outbox.acknowledge(dest, 't1', outcome)
  outbox.begin(dest, 't2', 7, 1, [])
  outbox.refuse(dest, 't2', 'M_BAD_JSON', 8)
  enqueueEdu(db, dest, { edu_type: 'm.presence' })
  outbox.begin(dest, 't3', 9, 1, [])
  outbox.refuse(dest, 't3', 'too large', 10)
  expect(look().notTaken(dest)).toMatchObject([
    { eventId: undefined, reason: 'too large', kind: 'given up' },
    { eventId: '$poison', reason: 'M_BAD_JSON', kind: 'given up' },
    { eventId: '$refused', reason: 'not allowed', kind: 'refused' },
  ])
  expect(look().notTakenCounts()).toEqual([{ destination: dest, count: 3 }])
})

test('since when a server is away outlives a restart', () => {
  store().setBackoff(dest, { failures: 4, retryAt: 9, lastError: 'away', since: 3 })
  expect(store().backoff(dest)).toMatchObject({ failures: 4, since: 3 })
})
