import type { RoomId } from '../../core/types.ts'
import type { StoredEvent, StreamPos, TimelinePos } from '../../rooms/ports.ts'
import type { TimelineQuery } from '../../rooms/query-ports.ts'
import type { Database, Row } from '../database.ts'
import { EVENT_COLUMNS, type Events } from './events.ts'
import { LruCache } from './lru.ts'
import type { RoomIds } from './room-ids.ts'

/** Rooms whose newest place is kept in memory. */
const CACHED_ROOMS = 10_000

/** The order of events: of a room (timeline position) and of their arrival (stream position). */
export class Timeline {
  private readonly db: Database
  private readonly rooms: RoomIds
  private readonly events: Events
  private readonly highest = new LruCache<RoomId, TimelinePos>(CACHED_ROOMS)

  constructor(db: Database, rooms: RoomIds, events: Events) {
    this.db = db
    this.rooms = rooms
    this.events = events
  }

  dropCaches(): void {
    this.highest.clear()
  }

  /** An event of the room has this place now. */
  placed(roomId: RoomId, pos: TimelinePos): void {
    const known = this.highest.get(roomId)
    if (known !== undefined && pos > known) this.highest.set(roomId, pos, 1)
  }

  page(query: TimelineQuery): StoredEvent[] {
    const room = this.rooms.find(query.roomId)
    const lowest = Number.MIN_SAFE_INTEGER
    const highest = Number.MAX_SAFE_INTEGER
    const forward = query.direction === 'forward'
    const from = query.from ?? (forward ? lowest : highest)
    const to = query.to ?? (forward ? highest : lowest)
    const [above, below] = forward ? [from, to] : [to, from]
    return this.db
      .all(
        `SELECT ${EVENT_COLUMNS} FROM events
         WHERE room_nid = ? AND timeline_pos IS NOT NULL AND timeline_pos > ? AND timeline_pos < ?
         ORDER BY timeline_pos ${forward ? 'ASC' : 'DESC'} LIMIT ?`,
        room,
        above,
        below,
        query.limit,
      )
      .map((row) => this.events.hydrate(row))
  }

  since(
    roomId: RoomId,
    since: StreamPos,
    to: StreamPos,
    limit: number,
  ): { events: StoredEvent[]; limited: boolean } {
    const rows = this.db.all(
      `SELECT ${EVENT_COLUMNS} FROM events
       WHERE room_nid = ? AND stream_pos IS NOT NULL AND stream_pos > ? AND stream_pos <= ?
       ORDER BY stream_pos DESC, nid DESC LIMIT ?`,
      this.rooms.find(roomId),
      since,
      to,
      limit + 1,
    )
    const limited = rows.length > limit
    const events = rows
      .slice(0, limit)
      .toReversed()
      .map((row) => this.events.hydrate(row))
    return { events, limited }
  }

  newest(before: StreamPos | undefined, limit: number): StoredEvent[] {
    return this.db
      .all(
        `SELECT ${EVENT_COLUMNS} FROM events WHERE stream_pos IS NOT NULL AND stream_pos < ?
         ORDER BY stream_pos DESC LIMIT ?`,
        before ?? Number.MAX_SAFE_INTEGER,
        limit,
      )
      .map((row) => this.events.hydrate(row))
  }

  roomsSince(since: StreamPos, to: StreamPos): RoomId[] {
    return this.db
      .all(
        'SELECT DISTINCT room_nid FROM events WHERE stream_pos IS NOT NULL AND stream_pos > ? AND stream_pos <= ?',
        since,
        to,
      )
      .map((row) => this.rooms.idOf(Number(row['room_nid'])))
  }

  near(roomId: RoomId, ts: number, dir: 'f' | 'b', limit: number): StoredEvent[] {
    const [compare, order] = dir === 'f' ? ['>=', 'ASC'] : ['<=', 'DESC']
    return this.db
      .all(
        `SELECT ${EVENT_COLUMNS} FROM events
         WHERE room_nid = ? AND timeline_pos IS NOT NULL AND origin_server_ts ${compare} ?
         ORDER BY origin_server_ts ${order} LIMIT ?`,
        this.rooms.find(roomId),
        ts,
        limit,
      )
      .map((row) => this.events.hydrate(row))
  }

  posAt(roomId: RoomId, pos: StreamPos): TimelinePos | undefined {
    const row = this.db.get(
      `SELECT timeline_pos AS pos FROM events
       WHERE room_nid = ? AND stream_pos IS NOT NULL AND stream_pos <= ? AND timeline_pos IS NOT NULL
       ORDER BY stream_pos DESC, nid DESC LIMIT 1`,
      this.rooms.find(roomId),
      pos,
    )
    return numberIn(row)
  }

  highestPos(roomId: RoomId): TimelinePos | undefined {
    const cached = this.highest.get(roomId)
    if (cached !== undefined) return cached
    const pos = this.end(roomId, 'DESC')
    if (pos !== undefined) this.highest.set(roomId, pos, 1)
    return pos
  }

  lowestPos(roomId: RoomId): TimelinePos | undefined {
    return this.end(roomId, 'ASC')
  }

  lowestKept(roomId: RoomId, above: TimelinePos): TimelinePos | undefined {
    const row = this.db.get(
      `SELECT timeline_pos AS pos FROM kept_places WHERE room_nid = ? AND timeline_pos > ?
       ORDER BY timeline_pos LIMIT 1`,
      this.rooms.find(roomId),
      above,
    )
    return numberIn(row)
  }

  private end(roomId: RoomId, order: 'ASC' | 'DESC'): TimelinePos | undefined {
    const row = this.db.get(
      `SELECT timeline_pos AS pos FROM events WHERE room_nid = ? AND timeline_pos IS NOT NULL
       ORDER BY timeline_pos ${order} LIMIT 1`,
      this.rooms.find(roomId),
    )
    return numberIn(row)
  }
}

function numberIn(row: Row | undefined): number | undefined {
  return row === undefined ? undefined : Number(row['pos'])
}
