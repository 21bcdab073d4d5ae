import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventId, Pdu, PduJson, ServerName } from '../core/types.ts'
import { Database } from './database.ts'
import { migrations } from './migrations/index.ts'
import { createOutboxStore, enqueueEdu, enqueuePdu } from './outbox.ts'

const dest = 'b.example' as ServerName
let db: Database
const loadPdu = (id: EventId): PduJson | undefined => (id === '$gone' ? undefined : { id })
const pdu = (id: string): Pdu => ({ eventId: id, roomId: '!r' }) as unknown as Pdu

beforeEach(() => {
  db = new Database(':memory:')
  for (const { sql } of migrations) db.exec(sql)
})
afterEach(() => db.close())

test('a begun transaction keeps its contents until it is acknowledged, whatever arrives later', () => {
  const store = createOutboxStore(db, loadPdu)
  for (let i = 0; i < 60; i++) enqueuePdu(db, [dest], pdu(`$${i}`))
  enqueueEdu(db, dest, { n: 1 })
  const first = store.begin(dest, 't1', 5, 150, [{ typing: true }])
  expect(first?.pdus.map((p) => p.eventId)).toEqual(Array.from({ length: 50 }, (_, i) => `$${i}`))
  expect(first?.edus).toEqual([{ n: 1 }, { typing: true }])
  enqueuePdu(db, [dest], pdu('$late'))
  // What is worth nothing later (typing) is not repeated.
  expect(createOutboxStore(db, loadPdu).inFlight(dest)).toEqual({
    ...first,
    edus: [{ n: 1 }],
    isLast: undefined,
  })
  store.acknowledge(dest, 't1')
  expect(store.inFlight(dest)).toBeUndefined()
  expect(store.queuedFor(dest)).toEqual({ pdus: 11, edus: 0 })
  expect(store.begin(dest, 't2', 6, 150, [])?.pdus.at(-1)?.eventId).toBe('$late')
})

test('the last of what waits is known as that, and nothing else is', () => {
  const store = createOutboxStore(db, loadPdu)
  const fill = (pdus: number, edus: number): void => {
    for (let i = 0; i < pdus; i++) enqueuePdu(db, [dest], pdu(`$${i}`))
    for (let n = 0; n < edus; n++) enqueueEdu(db, dest, { n })
  }
  const isLast = (mode?: 'all'): boolean | undefined => {
    const txn = store.begin(dest, 't', 5, 150, [], mode)
    store.acknowledge(dest, 't')
    return txn?.isLast
  }
  fill(49, 99)
  expect(isLast()).toBe(true)
  fill(51, 0)
  expect([isLast(), isLast()]).toEqual([false, true])
  fill(0, 101)
  expect([isLast(), isLast()]).toEqual([false, true])
  // It is owed the news of a room besides.
  db.run(`INSERT INTO outbox_skipped VALUES (?, '!s', 1, 2, '$a', 1)`, dest)
  fill(1, 0)
  expect(isLast()).toBe(false)
  fill(1, 0)
  expect([isLast('all'), isLast()]).toEqual([false, undefined])
})

test('a released transaction waits again in its old order; a refused one leaves its reason', () => {
  const store = createOutboxStore(db, loadPdu)
  for (const id of ['$a', '$b', '$c']) enqueuePdu(db, [dest], pdu(id))
  store.begin(dest, 't1', 5, 150, [])
  store.release(dest, 't1')
  expect(store.begin(dest, 't2', 5, 1, [])?.pdus.map((p) => p.eventId)).toEqual(['$a'])
  store.refuse(dest, 't2', 'M_BAD_JSON', 9)
  expect(store.refused(dest)).toEqual([{ eventId: '$a', reason: 'M_BAD_JSON', ts: 9 }])
  expect(store.begin(dest, 't3', 5, 150, [])?.pdus.map((p) => p.eventId)).toEqual(['$b', '$c'])
})

test('an EDU replaces a waiting one of its key, but not one in flight', () => {
  const store = createOutboxStore(db, loadPdu)
  enqueueEdu(db, dest, { n: 1 }, 'k')
  enqueueEdu(db, dest, { n: 2 }, 'k')
  expect(store.begin(dest, 't1', 5, 150, [])?.edus).toEqual([{ n: 2 }])
  enqueueEdu(db, dest, { n: 3 }, 'k')
  expect(store.inFlight(dest)?.edus).toEqual([{ n: 2 }])
  expect(store.queuedFor(dest)).toEqual({ pdus: 0, edus: 2 })
})

test('an event goes to a destination once, and one that is gone from the store is left out', () => {
  const store = createOutboxStore(db, loadPdu)
  enqueuePdu(db, [dest, 'c.example' as ServerName], pdu('$a'))
  enqueuePdu(db, [dest], pdu('$a'))
  enqueuePdu(db, [dest], pdu('$gone'))
  expect(store.destinations().toSorted()).toEqual(['b.example', 'c.example'])
  expect(store.begin(dest, 't1', 5, 150, [])?.pdus.map((p) => p.eventId)).toEqual(['$a'])
})

test('back-off is kept per destination', () => {
  const store = createOutboxStore(db, loadPdu)
  store.setBackoff(dest, { failures: 2, retryAt: 10, lastError: 'x' })
  expect(store.backoff(dest)).toEqual({ failures: 2, retryAt: 10, lastError: 'x' })
  store.setBackoff(dest, undefined)
  expect(store.backoff(dest)).toBeUndefined()
})

test('for each event it is known who waits for it, who has it, and who did not take it', () => {
  const store = createOutboxStore(db, loadPdu)
  const event = '$a' as EventId
  enqueuePdu(db, [dest, 'c.example' as ServerName, 'd.example' as ServerName], pdu(event))
  store.begin(dest, 't1', 5, 150, [])
  store.acknowledge(dest, 't1', { ts: 7, eventIds: [event], errors: new Map() })
  const c = 'c.example' as ServerName
  store.begin(c, 't1', 5, 150, [])
  store.acknowledge(c, 't1', { ts: 8, eventIds: [event], errors: new Map([[event, 'not here']]) })
  const states = () =>
    createOutboxStore(db, loadPdu)
      .deliveries(event)
      .map(({ destination, state, ts, error }) => [destination, state, ts, error])
      .toSorted((one, two) => String(one[0]).localeCompare(String(two[0])))
  expect(states()).toEqual([
    [dest, 'delivered', 7, undefined],
    [c, 'refused', 8, 'not here'],
    ['d.example', 'waiting', undefined, undefined],
  ])
  const d = 'd.example' as ServerName
  store.begin(d, 't1', 5, 150, [])
  store.refuse(d, 't1', 'too large', 9)
  expect(states()[2]).toEqual([d, 'failed', 9, 'too large'])
})

test('only the newest outcomes are kept', () => {
  const store = createOutboxStore(db, loadPdu)
  db.run("INSERT INTO outbox_outcomes VALUES (101998, '$other', 'b.example', 0, 1, NULL)")
  for (const [n, id] of ['$old', '$new', '$newer'].entries()) {
    const eventId = id as EventId
    enqueuePdu(db, [dest], pdu(id))
    store.begin(dest, `t${n}`, 5, 150, [])
    store.acknowledge(dest, `t${n}`, { ts: 7, eventIds: [eventId], errors: new Map() })
    // As if 100,000 others had come after the first.
    if (n === 0) db.run('UPDATE outbox_outcomes SET seq = 1000 WHERE event_id = ?', id)
  }
  expect(store.deliveries('$old' as EventId)).toEqual([])
  expect(store.deliveries('$new' as EventId)).toHaveLength(1)
  expect(store.deliveries('$newer' as EventId)).toHaveLength(1)
})

const away = { failures: 1, retryAt: 10, lastError: 'x' }
const queue = (count: number, room = '!r'): void => {
  for (let n = 0; n < count; n++)
    enqueuePdu(db, [dest], { eventId: `${room}${n}`, roomId: room } as unknown as Pdu)
}
const rows = (): number => Number(db.get('SELECT count(*) AS n FROM outbox_pdus')?.['n'])

test('what is queued for a destination that is away is bounded by its rooms', () => {
  const store = createOutboxStore(db, loadPdu)
  // A burst to one that answers is no reason to leave anything out.
  queue(200, '!burst')
  expect(rows()).toBe(200)
  store.begin(dest, 't1', 5, 50, [])
  store.setBackoff(dest, away)
  // What is in flight stays what it was.
  expect(rows()).toBe(50)
  queue(1_000, '!one')
  queue(1_000, '!two')
  queue(20, '!quiet')
  expect(rows()).toBe(50 + 20)
  expect(store.destinations()).toEqual([dest])
})

test('on its return the newest of each room comes before what was queued one by one, and once', () => {
  const store = createOutboxStore(db, loadPdu)
  store.setBackoff(dest, away)
  queue(3, '!quiet')
  queue(60, '!one')
  queue(60, '!two')
  const first = store.begin(dest, 't1', 5, 150, [])
  expect(first?.pdus.map((p) => p.eventId).toSorted()).toEqual(
    ['!one59', '!two59', '!quiet0', '!quiet1', '!quiet2'].toSorted(),
  )
  // A crash repeats the same.
  expect(createOutboxStore(db, loadPdu).inFlight(dest)?.pdus).toHaveLength(5)
  store.acknowledge(dest, 't1', { ts: 7, eventIds: [], errors: new Map() })
  store.setBackoff(dest, undefined)
  expect(store.begin(dest, 't2', 5, 150, [])).toBeUndefined()
  queue(1, '!next')
  expect(store.begin(dest, 't3', 5, 150, [])?.pdus.map((p) => p.eventId)).toEqual(['!next0'])
})

test('heads that were refused as a whole are tried in smaller transactions like anything else', () => {
  const store = createOutboxStore(db, loadPdu)
  store.setBackoff(dest, away)
  for (const room of ['!one', '!two', '!three']) queue(60, room)
  store.begin(dest, 't1', 5, 150, [])
  store.release(dest, 't1')
  expect(store.begin(dest, 't2', 5, 1, [])?.pdus).toHaveLength(1)
  store.refuse(dest, 't2', 'M_BAD_JSON', 9)
  expect(store.begin(dest, 't3', 5, 150, [])?.pdus).toHaveLength(2)
})
