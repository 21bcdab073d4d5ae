import { expect, test } from 'vitest'
import type { EventId, RoomId, ServerName } from '../../core/types.ts'
import { Database } from '../database.ts'
import { migrate } from '../migrate.ts'
import { migrations } from '../migrations/index.ts'
import { createRefusalReader } from './refusal-reader.ts'
import { Refusals } from './refusals.ts'

const before = migrations.filter((step) => step.name !== 'refusals' && step.id < refusalsId())

function refusalsId(): number {
  return migrations.find((step) => step.name === 'refusals')?.id ?? 0
}

test('what was refused before there was a trace of it is in the trace', () => {
  const db = new Database(':memory:')
  migrate(db, before, { backup: false })
  const insert = (id: string, status: number, reason: string | null): void => {
    db.run(
      `INSERT INTO events (event_id, room_nid, room_version, status, reason, type, sender, depth,
         origin_server_ts, received_ts, json) VALUES (?, 1, '11', ?, ?, 'm.room.message', '@a:x', 1, 1, 7, '{}')`,
      id,
      status,
      reason,
    )
  }
  db.transaction(() => {
    db.run("INSERT INTO room_ids VALUES (1, '!room:x')")
    insert('$accepted', 0, null)
    insert('$rejected', 2, 'v11 auth rule 5: @a:x is not joined')
    insert('$soft', 1, 'v11 auth rule 4.3.7: @a:x is not invited, and the room is not public')
    insert('$denied', 1, 'settings: its server is not allowed here')
    insert('$unknown', 2, 'auth events: An auth event is not known here.')
  })
  migrate(db, migrations, { backup: false })
  const told = createRefusalReader(db)
    .list({ limit: 10 })
    .map(({ eventId, outcome, cause, rule, roomId, ts }) => [eventId, outcome, cause, rule, roomId, ts])
  expect(told).toEqual([
    ['$unknown', 'rejected', 'auth-events', undefined, '!room:x', 7],
    ['$denied', 'soft-failed', 'denied-server', undefined, '!room:x', 7],
    ['$soft', 'soft-failed', 'current-state', 'v11 auth rule 4.3.7', '!room:x', 7],
    ['$rejected', 'rejected', 'auth-events', 'v11 auth rule 5', '!room:x', 7],
  ])
  db.close()
})

test('a bounded number is kept, of one server and in all; large JSON is not', () => {
  const db = new Database(':memory:')
  migrate(db, migrations, { backup: false })
  const refusals = new Refusals(db)
  const reader = createRefusalReader(db)
  const put = (index: number, origin: string, json?: { body: string }): void =>
    refusals.put({
      outcome: 'not-kept',
      cause: 'signature',
      reason: 'x',
      ts: index,
      eventId: `$${index}` as EventId,
      roomId: '!room:x' as RoomId,
      origin: origin as ServerName,
      json,
    })
  const count = (): number => Number(db.get('SELECT count(*) AS n FROM refusals')?.['n'])
  db.transaction(() => {
    for (let index = 0; index < 2_000; index++) put(index, 'flood.test')
  })
  expect(count()).toBeLessThan(600)
  db.transaction(() => {
    for (let index = 2_000; index < 10_000; index++) put(index, `server${index % 100}.test`)
  })
  expect(count()).toBeLessThan(5_100)
  expect(reader.list({ limit: 1 })[0]?.eventId).toBe('$9999')
  put(10_000, 'a.test', { body: 'short' })
  put(10_001, 'a.test', { body: 'x'.repeat(9_000) })
  expect(reader.list({ limit: 2 }).map((row) => row.json)).toEqual([undefined, { body: 'short' }])
  db.close()
})
