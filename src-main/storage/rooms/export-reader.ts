import { parseJson } from '../../core/parse-json.ts'
import type { EventId, PduJson, RoomId, ServerName } from '../../core/types.ts'
import type { ExportReader, ExportRow } from '../../inspector/export/ports.ts'
import type { EventStatus } from '../../rooms/ports.ts'
import type { Database, Row } from '../database.ts'

const STATUSES: readonly EventStatus[] = ['accepted', 'soft-failed', 'rejected', 'outlier']
const FIRST = [Number.MIN_SAFE_INTEGER, 0, 0] as const

/** Reads a room page by page, past the cache: what is exported once is not what is wanted next. */
export function createExportReader(db: Database): ExportReader {
  return {
    page(roomId: RoomId, after, limit) {
      const room = Number(db.get('SELECT nid FROM room_ids WHERE room_id = ?', roomId)?.['nid'] ?? 0)
      const rows = db.all(
        `SELECT depth, nid, event_id, status, reason, type, received_ts, received_from, redacted_by, json
         FROM events WHERE room_nid = ? AND (depth, status, nid) > (?, ?, ?)
         ORDER BY depth, status, nid LIMIT ?`,
        room,
        ...(after ?? FIRST),
        limit,
      )
      const last = rows.length < limit ? undefined : rows.at(-1)
      return {
        rows: rows.map(toRow),
        ...(last === undefined
          ? {}
          : { next: [Number(last['depth']), Number(last['status']), Number(last['nid'])] as const }),
      }
    },
  }
}

function toRow(row: Row): ExportRow {
  return {
    eventId: row['event_id'] as EventId,
    status: STATUSES[Number(row['status'])] ?? 'outlier',
    reason: (row['reason'] ?? undefined) as string | undefined,
    type: String(row['type']),
    receivedTs: Number(row['received_ts']),
    receivedFrom: (row['received_from'] ?? undefined) as ServerName | undefined,
    redactedBy: (row['redacted_by'] ?? undefined) as EventId | undefined,
    json: parseJson(String(row['json'])) as PduJson,
  }
}
