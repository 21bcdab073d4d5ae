import type { EventId, RoomId } from '../../core/types.ts'
import type { ForwardExtremity, Gap } from '../../rooms/ports.ts'
import type { Database } from '../database.ts'
import type { RoomIds } from './room-ids.ts'

/** The ends of the event graph: its newest events, and the places where older ones are missing. */
export class Extremities {
  private readonly db: Database
  private readonly rooms: RoomIds

  constructor(db: Database, rooms: RoomIds) {
    this.db = db
    this.rooms = rooms
  }

  forward(roomId: RoomId): ForwardExtremity[] {
    return this.db
      .all(
        `SELECT x.event_id, coalesce(e.depth, 0) AS depth FROM forward_extremities x
         LEFT JOIN events e ON e.event_id = x.event_id WHERE x.room_nid = ? ORDER BY depth DESC, x.event_id`,
        this.rooms.find(roomId),
      )
      .map((row) => ({ eventId: row['event_id'] as EventId, depth: Number(row['depth']) }))
  }

  setForward(roomId: RoomId, ids: readonly EventId[]): void {
    const room = this.rooms.intern(roomId)
    const wanted = new Set(ids)
    for (const { eventId } of this.forward(roomId)) {
      if (wanted.delete(eventId)) continue
      this.db.run('DELETE FROM forward_extremities WHERE room_nid = ? AND event_id = ?', room, eventId)
    }
    for (const eventId of wanted) {
      this.db.run('INSERT INTO forward_extremities (room_nid, event_id) VALUES (?, ?)', room, eventId)
    }
  }

  /** Newest first. */
  gaps(roomId: RoomId): Gap[] {
    return this.db
      .all(
        'SELECT * FROM gaps WHERE room_nid = ? ORDER BY timeline_pos DESC, missing',
        this.rooms.find(roomId),
      )
      .map((row) => ({
        eventId: row['event_id'] as EventId,
        missing: row['missing'] as EventId,
        timelinePos: Number(row['timeline_pos']),
      }))
  }

  addGap(roomId: RoomId, gap: Gap): void {
    this.db.run(
      'INSERT OR REPLACE INTO gaps (room_nid, missing, event_id, timeline_pos) VALUES (?, ?, ?, ?)',
      this.rooms.intern(roomId),
      gap.missing,
      gap.eventId,
      gap.timelinePos,
    )
  }

  closeGaps(roomId: RoomId, missing: EventId): void {
    this.db.run('DELETE FROM gaps WHERE room_nid = ? AND missing = ?', this.rooms.find(roomId), missing)
  }
}
