import type { EventId } from '../../core/types.ts'
import type { StoredEvent } from '../../rooms/ports.ts'
import type { TextHit, TextQuery } from '../../rooms/query-ports.ts'
import type { Database, Row } from '../database.ts'
import { EVENT_COLUMNS, relationOf, type Events } from './events.ts'
import type { Relations } from './relations.ts'
import type { RoomIds } from './room-ids.ts'
import { anyOf, keyMark, roomMark, senderMark, wordsExpression } from './search-expression.ts'
import { searchableText } from './searchable-text.ts'

/** Ids of documents: seconds since the epoch, and room for so many events in one second. */
const IN_A_SECOND = 2 ** 20
const LAST_SECOND = 2 ** 33 - 1
/** Rooms in one expression; more are asked for in several. */
const ROOMS_AT_ONCE = 250

/** New messages that a search has indexed at once. */
const BEFORE_SEARCH = 1_000

/**
 * Full text of messages, names and topics. New events wait to be indexed some at a time: alone, each would cost
 * as much to write as the event itself. A search brings in what waits before it looks. A message's document holds what its latest edit says; edits
 * have none of their own. Documents are numbered by time, so that the newest hits come first without
 * sorting, and a span of time is a span of numbers.
 */
export class Search {
  private readonly db: Database
  private readonly rooms: RoomIds
  private readonly events: Events
  private readonly relations: Relations
  /** Whether an event may wait since the last time; after a start nobody knows. */
  private isWaiting = true
  /** `search_backlog.upto`, where it is known. */
  private upto: number | undefined

  constructor(db: Database, rooms: RoomIds, events: Events, relations: Relations) {
    this.db = db
    this.rooms = rooms
    this.events = events
    this.relations = relations
  }

  /** A new event was stored. False where it is to be indexed at once: numbers of deleted events come again. */
  mayWait(nid: number): boolean {
    if (nid <= this.indexedUpto()) return false
    this.isWaiting = true
    return true
  }

  /** Brings the document of an event, or of the one that it edits, to what is stored. */
  update(event: StoredEvent): void {
    const edited = this.editedBy(event)
    if (edited === undefined) this.write(event)
    else if (edited !== 'unknown') this.write(edited)
  }

  /** After a redaction; `before` is the event as it was. */
  removed(before: StoredEvent): void {
    const edited = this.editedBy(before)
    if (edited === undefined) this.write({ ...before, redactedBy: before.pdu.eventId })
    else if (edited !== 'unknown') this.write(edited)
  }

  /** The event leaves this disk. */
  forget(nid: number): void {
    const old = this.db.get('SELECT id, text, scope FROM search_docs WHERE event_nid = ?', nid)
    if (old !== undefined) this.drop(old)
  }

  private drop(old: Row): void {
    const id = Number(old['id'])
    this.db.run(
      "INSERT INTO search_index (search_index, rowid, text, scope) VALUES ('delete', ?, ?, ?)",
      id,
      String(old['text']),
      String(old['scope']),
    )
    this.db.run('DELETE FROM search_docs WHERE id = ?', id)
  }

  /** The event that this one edits, or would if it were here and its own. */
  private editedBy({ pdu }: StoredEvent): StoredEvent | 'unknown' | undefined {
    const relation = relationOf(pdu)
    if (relation?.relType !== 'm.replace') return undefined
    const target = this.events.get(relation.target)
    return target?.pdu.roomId === pdu.roomId && target.pdu.sender === pdu.sender ? target : 'unknown'
  }

  /** Newest first, from below `query.below`. Not in a transaction. */
  find(query: TextQuery, limit: number): TextHit[] {
    this.indexWaiting()
    const hits = this.expressions(query).flatMap((expression) =>
      this.db.all(
        `SELECT d.id, d.text, e.event_id FROM
           (SELECT rowid FROM search_index WHERE search_index MATCH ? AND rowid >= ? AND rowid <= ?
            ORDER BY rowid DESC LIMIT ?) f
         JOIN search_docs d ON d.id = f.rowid JOIN events e ON e.nid = d.event_nid`,
        expression,
        ...span(query),
        limit,
      ),
    )
    return hits
      .map((row) => ({
        eventId: row['event_id'] as EventId,
        place: Number(row['id']),
        text: String(row['text']),
      }))
      .sort((a, b) => b.place - a.place)
      .slice(0, limit)
  }

  /** Not in a transaction. */
  count(query: TextQuery, most: number): number {
    this.indexWaiting()
    let count = 0
    for (const expression of this.expressions(query)) {
      const row = this.db.get(
        `SELECT count(*) AS count FROM
           (SELECT rowid FROM search_index WHERE search_index MATCH ? AND rowid >= ? AND rowid <= ? LIMIT ?)`,
        expression,
        ...span({ ...query, below: undefined }),
        most - count,
      )
      count += Number(row?.['count'])
      if (count >= most) break
    }
    return count
  }

  /** Indexes some of the events that came since the last time, oldest first; false when all are. */
  indexNew(slice: number): boolean {
    if (!this.isWaiting) return false
    const upto = this.indexedUpto()
    // Outliers have no place to be found at; when they get one, they are indexed with it.
    const rows = this.db.all(
      `SELECT ${EVENT_COLUMNS} FROM events WHERE nid > ? AND timeline_pos IS NOT NULL ORDER BY nid LIMIT ?`,
      upto,
      slice,
    )
    for (const row of rows) this.update(this.events.hydrate(row))
    const isAll = rows.length < slice
    const newest = isAll ? this.db.get('SELECT max(nid) AS nid FROM events') : rows.at(-1)
    const last = Number(newest?.['nid'] ?? 0)
    this.db.onRollback(() => {
      this.isWaiting = true
      this.upto = undefined
    })
    if (last > upto) {
      this.db.run('UPDATE search_backlog SET upto = ?', last)
      this.upto = last
    }
    this.isWaiting = !isAll
    return this.isWaiting
  }

  private indexedUpto(): number {
    this.upto ??= Number(this.db.get('SELECT upto FROM search_backlog')?.['upto'] ?? 0)
    return this.upto
  }

  private indexWaiting(): void {
    for (let more = this.isWaiting; more;) {
      more = this.db.transaction(() => this.indexNew(BEFORE_SEARCH), 'crash')
    }
  }

  /** Indexes some of the events that were here before the index, newest first; false when all are. */
  catchUp(slice: number): boolean {
    const below = Number(this.db.get('SELECT below FROM search_backlog')?.['below'] ?? 0)
    if (below <= 0) return false
    const rows = this.db.all(
      `SELECT ${EVENT_COLUMNS} FROM events WHERE nid < ? ORDER BY nid DESC LIMIT ?`,
      below,
      slice,
    )
    for (const row of rows.toReversed()) this.update(this.events.hydrate(row))
    const lowest = rows.length < slice ? 0 : Number(rows.at(-1)?.['nid'])
    this.db.run('UPDATE search_backlog SET below = ?', lowest)
    return lowest > 0
  }

  private write(event: StoredEvent): void {
    const { pdu } = event
    const row = this.db.get(
      `SELECT e.nid, d.id, d.text, d.scope FROM events e LEFT JOIN search_docs d ON d.event_nid = e.nid
       WHERE e.event_id = ?`,
      pdu.eventId,
    )
    const nid = Number(row?.['nid'])
    const old = row?.['id'] === null ? undefined : row
    const fresh = this.documentOf(event)
    if (old?.['text'] === fresh?.text && old?.['scope'] === fresh?.scope) return
    if (old !== undefined) this.drop(old)
    if (fresh === undefined) return
    const id = old === undefined ? this.placeFor(event, nid) : Number(old['id'])
    this.db.run(
      'INSERT INTO search_docs (id, event_nid, text, scope) VALUES (?, ?, ?, ?)',
      id,
      nid,
      fresh.text,
      fresh.scope,
    )
    this.db.run('INSERT INTO search_index (rowid, text, scope) VALUES (?, ?, ?)', id, fresh.text, fresh.scope)
  }

  private documentOf(event: StoredEvent): { text: string; scope: string } | undefined {
    const { pdu } = event
    if (event.timelinePos === undefined || event.redactedBy !== undefined) return undefined
    const edited = this.relations.latestEdit(pdu)?.pdu.content['m.new_content']
    const isObject = typeof edited === 'object' && edited !== null && !Array.isArray(edited)
    const found = searchableText(pdu, isObject ? edited : pdu.content)
    if (found === undefined) return undefined
    const marks = [roomMark(this.rooms.intern(pdu.roomId)), senderMark(pdu.sender), keyMark(found.key)]
    return { text: found.text, scope: marks.join(' ') }
  }

  /** By the time it was sent, which nobody can put into the future of its arrival. */
  private placeFor(event: StoredEvent, nid: number): number {
    const second = secondOf(Math.min(event.pdu.originServerTs, event.receivedTs))
    for (let step = 0; ; step++) {
      const id = second * IN_A_SECOND + ((nid + step) % IN_A_SECOND)
      if (this.db.get('SELECT 1 FROM search_docs WHERE id = ?', id) === undefined) return id
    }
  }

  private expressions(query: TextQuery): string[] {
    const words = wordsExpression(query.term)
    if (words === undefined) return []
    const parts = [words]
    if (query.keys.length < 3) parts.push(anyOf(query.keys.map(keyMark)))
    if (query.senders !== undefined) {
      if (query.senders.length === 0) return []
      parts.push(anyOf(query.senders.map(senderMark)))
    }
    const wanted = new Set(query.rooms.map((room) => this.rooms.find(room)))
    wanted.delete(0)
    // On most nodes one person is in all rooms, and naming each would only cost.
    const all = this.db.all('SELECT room_nid FROM rooms WHERE current_state <> 0')
    if (wanted.size > 0 && all.every((row) => wanted.has(Number(row['room_nid']))))
      return [parts.join(' AND ')]
    const marks = [...wanted].map(roomMark)
    const expressions: string[] = []
    for (let start = 0; start < marks.length; start += ROOMS_AT_ONCE) {
      expressions.push([...parts, anyOf(marks.slice(start, start + ROOMS_AT_ONCE))].join(' AND '))
    }
    return expressions
  }
}

const secondOf = (ts: number): number => Math.min(LAST_SECOND, Math.max(0, Math.floor(ts / 1000)))

function span(query: TextQuery): [number, number] {
  const lowest = query.fromTs === undefined ? 0 : secondOf(query.fromTs) * IN_A_SECOND
  const end = query.toTs === undefined ? LAST_SECOND : secondOf(query.toTs)
  const highest = (end + 1) * IN_A_SECOND - 1
  return [lowest, query.below === undefined ? highest : Math.min(highest, query.below - 1)]
}
