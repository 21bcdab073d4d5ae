import type { EventId, RoomId } from '../../core/types.ts'
import type { ForwardExtremity, Gap } from '../../rooms/ports.ts'
import type { Database } from '../database.ts'
import type { Events } from './events.ts'
import { LruCache } from './lru.ts'
import type { RoomIds } from './room-ids.ts'

/** Of all rooms together, in memory. */
const CACHED_ENDS = 50_000

/** The ends of the event graph: its newest events, and the places where older ones are missing. */
export class Extremities {
  private readonly db: Database
  private readonly rooms: RoomIds
  private readonly events: Events
  /** Each event of a room asks for its ends several times. */
  private readonly cache = new LruCache<RoomId, readonly ForwardExtremity[]>(CACHED_ENDS)

  constructor(db: Database, rooms: RoomIds, events: Events) {
    this.db = db
    this.rooms = rooms
    this.events = events
  }

  dropCaches(): void {
    this.cache.clear()
  }

  forward(roomId: RoomId): readonly ForwardExtremity[] {
    const cached = this.cache.get(roomId)
    if (cached !== undefined) return cached
    const ends = this.db
      .all(
        `SELECT x.event_id, coalesce(e.depth, 0) AS depth FROM forward_extremities x
         LEFT JOIN events e ON e.event_id = x.event_id WHERE x.room_nid = ? ORDER BY depth DESC, x.event_id`,
        this.rooms.find(roomId),
      )
      .map((row) => ({ eventId: row['event_id'] as EventId, depth: Number(row['depth']) }))
    if (ends.length > 0) this.cache.set(roomId, ends, ends.length)
    return ends
  }

  setForward(roomId: RoomId, ids: readonly EventId[]): void {
    const room = this.rooms.intern(roomId)
    const wanted = new Set(ids)
    const kept: ForwardExtremity[] = []
    for (const end of this.forward(roomId)) {
      if (wanted.delete(end.eventId)) kept.push(end)
      else
        this.db.run('DELETE FROM forward_extremities WHERE room_nid = ? AND event_id = ?', room, end.eventId)
    }
    for (const eventId of wanted) {
      this.db.run('INSERT INTO forward_extremities (room_nid, event_id) VALUES (?, ?)', room, eventId)
    }
    this.remember(roomId, kept, wanted)
  }

  /** The usual case, in which one new end comes after all others. */
  private remember(roomId: RoomId, kept: readonly ForwardExtremity[], added: ReadonlySet<EventId>): void {
    this.cache.delete(roomId)
    const [eventId, ...others] = added
    if (eventId === undefined || others.length > 0 || kept.length > 0) return
    const depth = this.events.get(eventId)?.pdu.depth
    if (depth !== undefined && Number.isSafeInteger(depth)) this.cache.set(roomId, [{ eventId, depth }], 1)
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
