import { parseJson } from '../../core/parse-json.ts'
import { serverNameOf } from '../../core/ids.ts'
import type { EventId, RoomId, UserId } from '../../core/types.ts'
import type {
  GraphCounts,
  GraphCursor,
  GraphEvent,
  GraphRoom,
  GraphSlice,
  GraphStatus,
  RoomGraph,
} from '../../inspector/graph/ports.ts'
import type { Database, Row } from '../database.ts'
import { references } from './trusted-pdu.ts'

const STATUSES: readonly GraphStatus[] = ['accepted', 'soft-failed', 'rejected', 'outlier']
/** Entries of the index that are counted at once. */
const COUNTED = 20_000

const COLUMNS =
  'nid, event_id, room_nid, type, state_key, sender, origin_server_ts, received_ts, depth, stream_pos, timeline_pos, status, reason, redacted_by, json'
const ORDER = 'ORDER BY depth DESC, status DESC, nid DESC'

/** Reads the event graphs of rooms, for the inspector; it keeps nothing in memory. */
export function createRoomGraph(db: Database): RoomGraph {
  const nidOf = (roomId: RoomId): number =>
    Number(db.get('SELECT nid FROM room_ids WHERE room_id = ?', roomId)?.['nid'] ?? 0)
  const inRoom = (room: number, id: EventId): boolean =>
    db.get('SELECT room_nid FROM events WHERE event_id = ?', id)?.['room_nid'] === room

  function toSlice(room: number, rows: readonly Row[]): GraphSlice {
    const events = rows.map(toEvent)
    const here = new Set(events.map((event) => event.eventId))
    const missing = new Set<EventId>()
    for (const event of events) {
      // Of an outlier the place is unknown: what lies before it was never asked for.
      if (event.status === 'outlier') continue
      for (const id of event.prevEvents) if (!here.has(id) && !inRoom(room, id)) missing.add(id)
    }
    return { events, missing: [...missing] }
  }

  return {
    rooms: () =>
      db
        .all(
          `SELECT i.room_id, r.version, r.participating,
             (SELECT count(*) FROM forward_extremities x WHERE x.room_nid = r.room_nid) AS extremities,
             (SELECT count(*) FROM gaps g WHERE g.room_nid = r.room_nid) AS gaps
           FROM rooms r JOIN room_ids i ON i.nid = r.room_nid ORDER BY r.room_nid`,
        )
        .map((row): GraphRoom => ({
          roomId: row['room_id'] as RoomId,
          version: String(row['version']),
          participating: row['participating'] === 1,
          extremities: Number(row['extremities']),
          gaps: Number(row['gaps']),
        })),
    has: (roomId) => db.get('SELECT 1 FROM rooms WHERE room_nid = ?', nidOf(roomId)) !== undefined,

    *counts(roomId) {
      const room = nidOf(roomId)
      const counts = new Map<number, number>()
      let from: readonly [number, number, number] = [Number.MIN_SAFE_INTEGER, 0, 0]
      for (;;) {
        const [depth, status, nid] = from
        const rows = db.all(
          `SELECT status, count(*) AS n FROM (SELECT status FROM events
             WHERE room_nid = ? AND (depth, status, nid) > (?, ?, ?) ORDER BY depth, status, nid LIMIT ${COUNTED})
           GROUP BY status`,
          ...[room, depth, status, nid],
        )
        let counted = 0
        for (const row of rows) {
          const [key, n] = [Number(row['status']), Number(row['n'])]
          counts.set(key, (counts.get(key) ?? 0) + n)
          counted += n
        }
        if (counted < COUNTED) break
        const last = db.get(
          `SELECT depth, status, nid FROM events WHERE room_nid = ? AND (depth, status, nid) > (?, ?, ?)
           ORDER BY depth, status, nid LIMIT 1 OFFSET ${COUNTED - 1}`,
          ...[room, depth, status, nid],
        )
        if (last === undefined) break
        from = [Number(last['depth']), Number(last['status']), Number(last['nid'])]
        yield
      }
      return Object.fromEntries(STATUSES.map((name, index) => [name, counts.get(index) ?? 0])) as GraphCounts
    },

    slice(roomId, below, limit) {
      const room = nidOf(roomId)
      const rows =
        below === undefined
          ? db.all(`SELECT ${COLUMNS} FROM events WHERE room_nid = ? ${ORDER} LIMIT ?`, room, limit)
          : db.all(
              `SELECT ${COLUMNS} FROM events WHERE room_nid = ? AND (depth, status, nid) < (?, ?, ?) ${ORDER} LIMIT ?`,
              ...[room, below.depth, below.status, below.number, limit],
            )
      const last = rows.at(-1)
      const next: GraphCursor | undefined =
        last === undefined || rows.length < limit
          ? undefined
          : {
              depth: Number(last['depth']),
              status: Number(last['status']),
              number: Number(last['nid']),
            }
      return { ...toSlice(room, rows), next }
    },

    events(roomId, ids) {
      const room = nidOf(roomId)
      const rows: Row[] = []
      for (const id of ids) {
        const row = db.get(`SELECT ${COLUMNS} FROM events WHERE event_id = ? AND room_nid = ?`, id, room)
        if (row !== undefined) rows.push(row)
      }
      return toSlice(room, rows)
    },

    extremities(roomId, limit) {
      const room = nidOf(roomId)
      const total = db.get('SELECT count(*) AS n FROM forward_extremities WHERE room_nid = ?', room)
      const ids = db
        .all('SELECT event_id FROM forward_extremities WHERE room_nid = ? LIMIT ?', room, limit)
        .map((row) => row['event_id'] as EventId)
      return { ids, total: Number(total?.['n'] ?? 0) }
    },
  }
}

function toEvent(row: Row): GraphEvent {
  const sender = row['sender'] as UserId
  const json = parseJson(row['json'] as string) as Record<string, unknown>
  return {
    eventId: row['event_id'] as EventId,
    type: String(row['type']),
    stateKey: optional<string>(row['state_key']),
    sender,
    server: serverNameOf(sender),
    originServerTs: Number(row['origin_server_ts']),
    receivedTs: Number(row['received_ts']),
    depth: Number(row['depth']),
    number: Number(row['nid']),
    streamPosition: optional<number>(row['stream_pos']),
    timelinePosition: optional<number>(row['timeline_pos']),
    prevEvents: references(json['prev_events']),
    authEvents: references(json['auth_events']),
    status: STATUSES[Number(row['status'])] ?? 'outlier',
    reason: optional<string>(row['reason']),
    redacted: row['redacted_by'] !== null,
  }
}

const optional = <T extends string | number>(value: string | number | null | undefined): T | undefined =>
  value === null || value === undefined ? undefined : (value as T)
