import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parsePdu } from '../../core/pdu.ts'
import { redactPdu } from '../../core/redaction.ts'
import type { EventId, JsonObject, Pdu, RoomId, ServerName, UserId } from '../../core/types.ts'
import { TIMELINE_STEP, type RoomStore } from '../../rooms/ports.ts'
import { DATABASE_FILE, Database, openDatabase } from '../database.ts'
import { migrate } from '../migrate.ts'
import { migrations } from '../migrations/index.ts'
import { createRoomStore } from '../room-store.ts'

const room = '!room:one.test' as RoomId
const alice = '@alice:one.test' as UserId

let dir: string
let db: Database
let store: RoomStore
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hearth-search-'))
  db = openDatabase(dir)
  store = createRoomStore(db, 'one.test' as ServerName)
})
afterEach(() => {
  db.close()
  rmSync(dir, { recursive: true })
})

let serial = 0
function message(content: JsonObject, fields: JsonObject = {}): Pdu {
  const parsed = parsePdu(
    {
      type: 'm.room.message',
      room_id: room,
      sender: alice,
      content,
      auth_events: [],
      prev_events: [],
      depth: ++serial,
      origin_server_ts: 1_700_000_000_000 + serial * 1000,
      hashes: { sha256: 'x' },
      signatures: {},
      ...fields,
    },
    '10',
  )
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.pdu
}

function place(pdu: Pdu, at?: number): void {
  store.transaction(() => {
    store.insertEvent({
      pdu,
      status: 'accepted',
      stateBefore: 0,
      stateAfter: 0,
      streamPos: store.nextStreamPos(),
      timelinePos: at ?? (store.highestTimelinePos(room) ?? 0) + TIMELINE_STEP,
      receivedTs: 1_800_000_000_000,
    })
  })
}

const edit = (of: Pdu, body: string): Pdu =>
  message({
    body: `* ${body}`,
    'm.new_content': { body },
    'm.relates_to': { rel_type: 'm.replace', event_id: of.eventId },
  })
const find = (term: string): EventId[] =>
  store.searchText({ term, keys: ['body', 'name', 'topic'], rooms: [room] }, 100).map((hit) => hit.eventId)

test('history that comes late takes its place by time; an edit may come before what it edits', () => {
  const old = message({ body: 'first stone' })
  const newer = message({ body: 'second stone' })
  const change = edit(old, 'altered stone')
  place(newer)
  place(change)
  place(old, 5)
  expect(find('stone')).toEqual([newer.eventId, old.eventId])
  expect(find('first')).toEqual([])
  expect(find('altered')).toEqual([old.eventId])
})

test('outliers and refused events are not found until they have a place', () => {
  const pdu = message({ body: 'quartz' })
  store.transaction(() => store.insertEvent({ pdu, status: 'outlier', receivedTs: 1 }))
  expect(find('quartz')).toEqual([])
  place(pdu)
  expect(find('quartz')).toEqual([pdu.eventId])
})

test('messages from before there was an index are indexed in slices, newest first', () => {
  db.close()
  rmSync(join(dir, DATABASE_FILE))
  const older = new Database(join(dir, DATABASE_FILE))
  migrate(
    older,
    migrations.filter((step) => step.id < 6),
    { backup: false },
  )
  const pdus = Array.from({ length: 25 }, (_, n) => message({ body: `pebble ${n}` }))
  const change = edit(pdus[3]!, 'a changed boulder')
  older.transaction(() => {
    older.run("INSERT INTO room_ids VALUES (1, '!room:one.test')")
    for (const [index, pdu] of [...pdus, change].entries()) {
      older.run(
        `INSERT INTO events (event_id, room_nid, room_version, status, type, sender, depth, origin_server_ts,
           stream_pos, timeline_pos, received_ts, json) VALUES (?, 1, '10', 0, ?, ?, ?, ?, ?, ?, 1800000000000, ?)`,
        pdu.eventId,
        pdu.type,
        pdu.sender,
        pdu.depth,
        pdu.originServerTs,
        index + 1,
        (index + 1) * TIMELINE_STEP,
        JSON.stringify(pdu.json),
      )
    }
    older.run(
      `INSERT INTO event_relations (target_id, rel_type, event_nid) SELECT ?, 'm.replace', nid FROM events WHERE event_id = ?`,
      pdus[3]!.eventId,
      change.eventId,
    )
  })
  older.close()
  db = openDatabase(dir, { backup: false })
  store = createRoomStore(db, 'one.test' as ServerName)
  expect(find('pebble')).toEqual([])
  const late = message({ body: 'pebble of today' })
  place(late)
  expect(store.transaction(() => store.indexOlderText(10))).toBe(true)
  expect(find('pebble')).toHaveLength(1 + 9)
  while (store.transaction(() => store.indexOlderText(10)));
  expect(find('pebble')).toHaveLength(1 + 24)
  expect(find('boulder')).toEqual([pdus[3]!.eventId])
  expect(find('pebble')[0]).toBe(late.eventId)
})

test('odd characters neither hide a message nor harm the index', () => {
  const odd = message({ body: 'before\0after \ue0001 combining e\u0301clair' })
  place(odd)
  expect(find('after')).toEqual([odd.eventId])
  expect(find('éclair')).toEqual([odd.eventId])
  store.transaction(() => store.redactEvent(odd.eventId, redactPdu(odd), '$by' as EventId))
  expect(find('after')).toEqual([])
  expect(db.all('SELECT * FROM search_docs')).toEqual([])
  expect(() => db.exec("INSERT INTO search_index (search_index) VALUES ('integrity-check')")).not.toThrow()
})

test('what was redacted is nowhere in the files of the database', () => {
  const others = Array.from({ length: 300 }, (_, n) => message({ body: `filler xylophone${n} words` }))
  const secret = message({ body: 'the wordzanzibarsecret is out', formatted_body: '<b>zanzibarsecret</b>' })
  const change = edit(secret, 'the wordzanzibarsecret is still out')
  for (const pdu of others.slice(0, 150)) place(pdu)
  place(secret)
  place(change)
  for (const pdu of others.slice(150)) place(pdu)
  const where = (): string[] =>
    readdirSync(dir).filter((name) => readFileSync(join(dir, name)).includes('zanzibarsecret'))
  expect(db.truncateLog()).toBe(true)
  expect(where()).toEqual([DATABASE_FILE])
  expect(find('wordzanzibar')).toEqual([secret.eventId])
  store.transaction(() => {
    store.redactEvent(change.eventId, redactPdu(change), '$by' as EventId)
    store.redactEvent(secret.eventId, redactPdu(secret), '$by' as EventId)
  })
  expect(find('wordzanzibar')).toEqual([])
  expect(db.truncateLog()).toBe(true)
  expect(where()).toEqual([])
  expect(find('xylophone17')).not.toEqual([])
  expect(() => db.exec("INSERT INTO search_index (search_index) VALUES ('integrity-check')")).not.toThrow()
})

test('new messages are found at once, and indexed together; a restart in between loses none', () => {
  const docs = (): number => db.all('SELECT id FROM search_docs').length
  const [first, second, third] = ['amber', 'amber', 'amber'].map((body) => message({ body }))
  place(first!)
  place(second!)
  expect(docs()).toBe(0)
  store = createRoomStore(db, 'one.test' as ServerName)
  expect(find('amber')).toEqual([second!.eventId, first!.eventId])
  place(third!)
  expect(docs()).toBe(2)
  expect(store.transaction(() => store.indexNewText(10))).toBe(false)
  expect(docs()).toBe(3)
})

test('what was undone is neither indexed nor hides what comes in its place', () => {
  const [gone, comes] = ['granite', 'granite'].map((body) => message({ body }))
  expect(() =>
    store.transaction(() => {
      place(gone!)
      store.indexNewText(10)
      throw new Error('undone')
    }),
  ).toThrow('undone')
  place(comes!)
  expect(find('granite')).toEqual([comes!.eventId])
})

test('a message that is deleted or edited before it was indexed is found by what it says now only', () => {
  const [deleted, edited] = ['slate', 'slate'].map((body) => message({ body }))
  place(deleted!)
  place(edited!)
  place(edit(edited!, 'marble'))
  store.transaction(() => store.redactEvent(deleted!.eventId, redactPdu(deleted!), '$by' as EventId))
  expect(find('slate')).toEqual([])
  expect(find('marble')).toEqual([edited!.eventId])
})

test('an event that gets the number of a deleted one is found', () => {
  const [deleted, next] = ['basalt', 'basalt'].map((body) => message({ body }))
  place(deleted!)
  expect(find('basalt')).toHaveLength(1)
  db.transaction(() => {
    db.run('DELETE FROM search_docs')
    db.run("INSERT INTO search_index (search_index) VALUES ('rebuild')")
    db.run('DELETE FROM event_edges')
    db.run('DELETE FROM events')
  })
  store = createRoomStore(db, 'one.test' as ServerName)
  place(next!)
  expect(find('basalt')).toEqual([next!.eventId])
})
