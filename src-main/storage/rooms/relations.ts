import type { EventId, Pdu, RoomId, UserId } from '../../core/types.ts'
import type { StoredEvent, TimelinePos } from '../../rooms/ports.ts'
import type { RelationQuery, ThreadQuery, ThreadRow } from '../../rooms/query-ports.ts'
import type { Database } from '../database.ts'
import { EVENT_COLUMNS, type Events } from './events.ts'
import type { RoomIds } from './room-ids.ts'

/** Related to a related event, and so on, brings no more than this into one answer. */
const MAX_RECURSED = 20_000
/** Of the edits of one message, the newest that came; more would make each dearer than the one before. */
const EDITS_COMPARED = 100
const LOWEST = Number.MIN_SAFE_INTEGER
const HIGHEST = Number.MAX_SAFE_INTEGER

/** Columns of an event, for a join in which they would be ambiguous. */
const columns = EVENT_COLUMNS.split(', ')
  .map((column) => `e.${column}`)
  .join(', ')

const ANY_EDIT = "SELECT 1 FROM event_relations WHERE target_id = ? AND rel_type = 'm.replace' LIMIT 1"
const LATEST_EDIT = `SELECT ${columns} FROM
   (SELECT event_nid, type, room_nid FROM event_relations
    WHERE target_id = ? AND rel_type = 'm.replace' AND sender = ? AND timeline_pos IS NOT NULL
    ORDER BY timeline_pos DESC LIMIT ${EDITS_COMPARED}) x
   JOIN events e ON e.nid = x.event_nid
   WHERE x.type = ? AND x.room_nid = ? AND e.state_key IS NULL
   AND (e.type = 'm.room.encrypted' OR json_type(e.json, '$.content."m.new_content"') = 'object')
   ORDER BY e.origin_server_ts DESC, e.event_id DESC LIMIT 1`

/**
 * Reads of `event_relations`, whose rows `Events` writes and takes away with their events. A row without
 * a position is of an event that is not in the timeline.
 */
export class Relations {
  private readonly db: Database
  private readonly rooms: RoomIds
  private readonly events: Events

  constructor(db: Database, rooms: RoomIds, events: Events) {
    this.db = db
    this.rooms = rooms
    this.events = events
  }

  page(query: RelationQuery): StoredEvent[] {
    const room = this.rooms.find(query.roomId)
    const order = query.order === 'newest' ? 'DESC' : 'ASC'
    const above = query.above ?? LOWEST
    const upTo = query.upTo ?? HIGHEST
    const { relType = null, eventType = null } = query
    const rows =
      query.depth > 1
        ? this.db.all(
            `WITH RECURSIVE found (event_nid, depth) AS (
               SELECT x.event_nid, 1 FROM event_relations x WHERE x.target_id = ? AND x.room_nid = ?
                 AND x.timeline_pos IS NOT NULL
               UNION
               SELECT x.event_nid, found.depth + 1 FROM found JOIN events p ON p.nid = found.event_nid
                 JOIN event_relations x ON x.target_id = p.event_id AND x.room_nid = ?
                   AND x.timeline_pos IS NOT NULL
                 WHERE found.depth < ?
               LIMIT ${MAX_RECURSED}
             )
             SELECT DISTINCT ${columns} FROM found JOIN events e ON e.nid = found.event_nid
               JOIN event_relations x ON x.event_nid = e.nid
             WHERE (? IS NULL OR x.rel_type = ?) AND (? IS NULL OR e.type = ?)
               AND e.timeline_pos > ? AND e.timeline_pos <= ?
             ORDER BY e.timeline_pos ${order} LIMIT ?`,
            query.target,
            room,
            room,
            query.depth,
            relType,
            relType,
            eventType,
            eventType,
            above,
            upTo,
            query.limit,
          )
        : this.db.all(
            `SELECT ${columns} FROM event_relations x JOIN events e ON e.nid = x.event_nid
             WHERE x.target_id = ? AND x.room_nid = ? AND x.timeline_pos > ? AND x.timeline_pos <= ?
               AND ${relType === null ? '? IS NULL' : 'x.rel_type = ?'} AND (? IS NULL OR x.type = ?)
             ORDER BY x.timeline_pos ${order} LIMIT ?`,
            query.target,
            room,
            above,
            upTo,
            relType,
            eventType,
            eventType,
            query.limit,
          )
    return rows.map((row) => this.events.hydrate(row))
  }

  types(target: EventId): string[] {
    return this.db
      .all(
        'SELECT DISTINCT rel_type FROM event_relations WHERE target_id = ? AND timeline_pos IS NOT NULL',
        target,
      )
      .map((row) => String(row['rel_type']))
  }

  /** Client-Server API, "Validity of replacement events". */
  latestEdit(original: Pdu): StoredEvent | undefined {
    if (original.stateKey !== undefined) return undefined
    // Of most events, and of each that is new, there is none.
    if (this.db.get(ANY_EDIT, original.eventId) === undefined) return undefined
    const row = this.db.get(
      LATEST_EDIT,
      original.eventId,
      original.sender,
      original.type,
      this.rooms.find(original.roomId),
    )
    return row === undefined ? undefined : this.events.hydrate(row)
  }

  /** All edits, valid or not, by the event's own sender. */
  editsOf(original: Pdu): EventId[] {
    if (original.stateKey !== undefined) return []
    return this.db
      .all(
        `SELECT e.event_id FROM event_relations x JOIN events e ON e.nid = x.event_nid
         WHERE x.target_id = ? AND x.rel_type = 'm.replace' AND e.sender = ? AND e.room_nid = ?
         ORDER BY e.nid`,
        original.eventId,
        original.sender,
        this.rooms.find(original.roomId),
      )
      .map((row) => row['event_id'] as EventId)
  }

  countBySender(roomId: RoomId, target: EventId, relType: string): Map<UserId, number> {
    const rows = this.db.all(
      `SELECT sender, count(*) AS count FROM event_relations
       WHERE target_id = ? AND rel_type = ? AND timeline_pos IS NOT NULL AND room_nid = ? GROUP BY sender`,
      target,
      relType,
      this.rooms.find(roomId),
    )
    return new Map(rows.map((row) => [row['sender'] as UserId, Number(row['count'])]))
  }

  threads(query: ThreadQuery): ThreadRow[] {
    const { participant = null } = query
    return this.db
      .all(
        `SELECT t.root_id, t.latest_pos FROM threads t
         WHERE t.room_nid = ? AND t.latest_pos <= ?
           AND (? IS NULL
             OR EXISTS (SELECT 1 FROM event_relations x WHERE x.target_id = t.root_id
               AND x.rel_type = 'm.thread' AND x.sender = ? AND x.timeline_pos IS NOT NULL)
             OR EXISTS (SELECT 1 FROM events e WHERE e.event_id = t.root_id AND e.sender = ?))
         ORDER BY t.latest_pos DESC LIMIT ?`,
        this.rooms.find(query.roomId),
        query.upTo ?? HIGHEST,
        participant,
        participant,
        participant,
        query.limit,
      )
      .map((row) => ({ root: row['root_id'] as EventId, latest: Number(row['latest_pos']) as TimelinePos }))
  }
}
