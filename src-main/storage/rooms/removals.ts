import type { EventId, Pdu, RoomId, ServerName, UserId } from '../../core/types.ts'
import type { Removal } from '../../rooms/removal-ports.ts'
import type { Database, Row } from '../database.ts'
import { redactEventMedia } from '../event-media.ts'
import { EVENT_COLUMNS, type Events } from './events.ts'
import type { RoomIds } from './room-ids.ts'
import type { Search } from './search.ts'

const LOWEST = Number.MIN_SAFE_INTEGER
/** What a room has rows in beside its events; each by `room_nid`. */
const TABLES = [
  'kept_places',
  'forward_extremities',
  'gaps',
  'room_members',
  'room_servers',
  'receipts',
  'threads',
  'aliases',
  'client_txns',
  'rooms',
] as const

/** Rooms that leave this disk, and the wishes for it. */
export class Removals {
  private readonly db: Database
  private readonly rooms: RoomIds
  private readonly events: Events
  private readonly search: Search
  private readonly ownSuffix: string

  constructor(db: Database, rooms: RoomIds, events: Events, search: Search, serverName: ServerName) {
    this.ownSuffix = `:${serverName}`
    this.db = db
    this.rooms = rooms
    this.events = events
    this.search = search
  }

  put({ userId, roomId, redact }: Removal): void {
    this.db.run(
      `INSERT INTO removals (user_id, room_id, redact) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET redact = max(redact, excluded.redact)`,
      userId,
      roomId,
      redact ? 1 : 0,
    )
  }

  list(): Removal[] {
    return this.db.all('SELECT * FROM removals').map((row) => ({
      userId: row['user_id'] as UserId,
      roomId: row['room_id'] as RoomId,
      redact: row['redact'] === 1,
    }))
  }

  delete(userId: UserId, roomId: RoomId): void {
    this.db.run('DELETE FROM removals WHERE user_id = ? AND room_id = ?', userId, roomId)
  }

  /** What the user said, with its content still there, from the oldest on. */
  saidBy(userId: UserId, roomId: RoomId, after: number | undefined, limit: number) {
    return this.db
      .all(
        `SELECT event_id, timeline_pos FROM events
         WHERE room_nid = ? AND timeline_pos > ? AND sender = ? AND state_key IS NULL AND redacted_by IS NULL
           AND type <> 'm.room.redaction'
         ORDER BY timeline_pos LIMIT ?`,
        this.rooms.find(roomId),
        after ?? LOWEST,
        userId,
        limit,
      )
      .map((row) => ({ eventId: row['event_id'] as EventId, at: Number(row['timeline_pos']) }))
  }

  /** Whether somebody else here is in the room, or has it in a list. */
  isWanted(roomId: RoomId): boolean {
    const row = this.db.get(
      `SELECT 1 FROM local_memberships AS m WHERE m.room_nid = ? AND m.forgotten = 0
         AND NOT EXISTS (SELECT 1 FROM removals AS r WHERE r.user_id = m.user_id AND r.room_id = ?)`,
      this.rooms.find(roomId),
      roomId,
    )
    return row !== undefined
  }

  /**
   * Takes some of the room's events away, at last everything else of it. Events that still have to go to
   * other servers stay, as what is known of them alone. `removed` is as it was; `done` when only those are left.
   */
  purge(roomId: RoomId, limit: number): { removed: Pdu[]; done: boolean } {
    const room = this.rooms.find(roomId)
    this.queueSkipped(roomId, room)
    const rows = this.eventsOf(
      room,
      EVENT_COLUMNS,
      'AND NOT EXISTS (SELECT 1 FROM outbox_pdus AS o WHERE o.event_id = events.event_id)',
      limit,
    )
    const removed = rows.map((row) => {
      const { pdu } = this.events.hydrate(row)
      this.removeEvent(Number(row['nid']), pdu)
      return pdu
    })
    if (rows.length === limit) return { removed, done: false }
    this.keepAlone(room)
    for (const table of TABLES) this.db.run(`DELETE FROM ${table} WHERE room_nid = ?`, room)
    this.db.run('DELETE FROM state_groups WHERE room_nid = ?', room)
    this.db.run('DELETE FROM staged_pdus WHERE room_id = ?', roomId)
    this.db.run('DELETE FROM account_data WHERE room_id = ?', roomId)
    return { removed, done: true }
  }

  /** Events of the room that are here. */
  count(roomId: RoomId): number {
    const [placed, others] = this.eventsOf(this.rooms.find(roomId), 'count(*) AS n')
    return Number(placed?.['n']) + Number(others?.['n'])
  }

  /** In two parts, each with an index of its own. */
  private eventsOf(room: number, columns: string, further = '', limit = -1): Row[] {
    const part = (placed: string): string =>
      `SELECT * FROM (SELECT ${columns} FROM events WHERE room_nid = ?1 AND timeline_pos ${placed} ${further}
         LIMIT ?2)`
    return this.db.all(`${part('IS NOT NULL')} UNION ALL ${part('IS NULL')} LIMIT ?2`, room, limit)
  }

  /** Nobody can fetch them here afterwards: what a server that is away is owed is sent to it event by event. */
  private queueSkipped(roomId: RoomId, room: number): void {
    this.db.run(
      `INSERT OR IGNORE INTO outbox_pdus (destination, event_id, room_id)
         SELECT s.destination, e.event_id, s.room_id FROM outbox_skipped AS s
           JOIN events AS e ON e.room_nid = ? AND e.stream_pos BETWEEN s.from_pos AND s.to_pos
         WHERE s.room_id = ? AND substr(e.sender, -length(?)) = ?
         ORDER BY e.stream_pos`,
      room,
      roomId,
      this.ownSuffix,
      this.ownSuffix,
    )
    this.db.run('DELETE FROM outbox_skipped WHERE room_id = ?', roomId)
  }

  private removeEvent(nid: number, pdu: Pdu): void {
    const { eventId } = pdu
    this.search.forget(nid)
    redactEventMedia(this.db, eventId)
    for (const prev of pdu.prevEvents)
      this.db.run('DELETE FROM event_edges WHERE prev_id = ? AND event_nid = ?', prev, nid)
    this.db.run('DELETE FROM event_relations WHERE event_nid = ?', nid)
    this.db.run('DELETE FROM outbox_outcomes WHERE event_id = ?', eventId)
    this.db.run('DELETE FROM events WHERE nid = ?', nid)
    this.events.drop(eventId)
  }

  /** They no longer stand in a room: whoever comes back to it gets it afresh. */
  private keepAlone(room: number): void {
    const kept = this.eventsOf(room, 'nid, event_id')
    for (const row of kept) {
      this.search.forget(Number(row['nid']))
      this.db.run('DELETE FROM event_relations WHERE event_nid = ?', row['nid'] ?? null)
      this.db.run(
        `UPDATE events SET status = 3, state_before = NULL, state_after = NULL, stream_pos = NULL,
           timeline_pos = NULL WHERE nid = ?`,
        row['nid'] ?? null,
      )
      this.events.drop(row['event_id'] as EventId)
    }
  }
}
