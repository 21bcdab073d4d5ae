import { parseJson } from '../../core/parse-json.ts'
import type { EventId, PduJson, RoomId, ServerName } from '../../core/types.ts'
import type { RefusalReader, RefusalRow } from '../../inspector/refused/ports.ts'
import type { RefusalCause, RefusalOutcome } from '../../rooms/refusals/ports.ts'
import type { Database, Row } from '../database.ts'

const MOST_NAMES = 200

/** Reads what `Refusals` writes. */
export function createRefusalReader(db: Database): RefusalReader {
  return {
    list({ roomId, server, eventId, before, limit }) {
      return db
        .all(
          `SELECT * FROM refusals
           WHERE (?1 IS NULL OR room_id = ?1) AND (?2 IS NULL OR event_id = ?2)
             AND (?3 IS NULL OR origin = ?3 OR substr(sender, instr(sender, ':') + 1) = ?3)
             AND (?4 IS NULL OR (ts, id) < (?4, ?5))
           ORDER BY ts DESC, id DESC LIMIT ?6`,
          roomId ?? null,
          eventId ?? null,
          server ?? null,
          before?.ts ?? null,
          before?.id ?? null,
          limit,
        )
        .map(toRow)
    },
    get(id) {
      const row = db.get('SELECT * FROM refusals WHERE id = ?', id)
      return row === undefined ? undefined : toRow(row)
    },
    origins: () =>
      db
        .all(
          'SELECT DISTINCT origin FROM refusals WHERE origin IS NOT NULL ORDER BY origin LIMIT ?',
          MOST_NAMES,
        )
        .map((row) => row['origin'] as ServerName),
    rooms: () =>
      db
        .all(
          'SELECT DISTINCT room_id FROM refusals WHERE room_id IS NOT NULL ORDER BY room_id LIMIT ?',
          MOST_NAMES,
        )
        .map((row) => row['room_id'] as RoomId),
  }
}

function toRow(row: Row): RefusalRow {
  const json = text(row, 'json')
  return {
    id: Number(row['id']),
    ts: Number(row['ts']),
    firstTs: Number(row['first_ts']),
    count: Number(row['count']),
    outcome: row['outcome'] as RefusalOutcome,
    cause: row['cause'] as RefusalCause,
    reason: String(row['reason']),
    rule: text(row, 'rule'),
    lookedAt: JSON.parse(String(row['looked_at'])) as EventId[],
    eventId: text(row, 'event_id') as EventId | undefined,
    roomId: text(row, 'room_id') as RoomId | undefined,
    sender: text(row, 'sender'),
    type: text(row, 'type'),
    origin: text(row, 'origin') as ServerName | undefined,
    json: json === undefined ? undefined : (parseJson(json) as PduJson),
  }
}

function text(row: Row, column: string): string | undefined {
  return (row[column] ?? undefined) as string | undefined
}
