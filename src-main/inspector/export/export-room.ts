import {
  EXPORT_FORMAT,
  EXPORT_VERSION,
  WHOLE_TYPES,
  type ExportedEvent,
  type ExportHeader,
} from '../../core/export-format.ts'
import { redactJson } from '../../core/redaction.ts'
import { roomVersionRules, type RoomVersionRules } from '../../core/room-versions.ts'
import type { Signer } from '../../core/types.ts'
import type { RoomRecord } from '../../rooms/ports.ts'
import type { InspectedRooms } from '../event/ports.ts'
import { ExportLines } from './lines.ts'
import type { ExportCursor, ExportReader, ExportRow } from './ports.ts'

/** Read and written at once, before others have their turn. */
const PAGE = 100

export interface ExportParts {
  readonly reader: ExportReader
  readonly keysOf: InspectedRooms['keysOf']
  readonly signer: Signer
  readonly software: string
  readonly now: () => number
}

/**
 * The lines of an export, a page of events at a time: however large the room, only that much of it is in memory.
 * See `core/export-format.ts`.
 */
export function* exportRoom(
  parts: ExportParts,
  room: Pick<RoomRecord, 'roomId' | 'version'>,
  content: ExportHeader['content'],
): Generator<string> {
  const lines = new ExportLines(parts.keysOf)
  const rules = roomVersionRules(room.version)
  yield lines.piece([headerOf(parts, room, content)])
  let after: ExportCursor | undefined
  do {
    const page = parts.reader.page(room.roomId, after, PAGE)
    const written = page.rows.flatMap((row) => [
      ...lines.keysFor(row.json),
      eventLine(row, rules, content === 'redacted'),
    ])
    yield lines.piece(written, page.rows.length)
    after = page.next
  } while (after !== undefined)
  yield lines.end(parts.signer, { room_id: room.roomId })
}

function headerOf(
  { signer, software, now }: ExportParts,
  room: Pick<RoomRecord, 'roomId' | 'version'>,
  content: ExportHeader['content'],
): ExportHeader {
  return {
    format: EXPORT_FORMAT,
    version: EXPORT_VERSION,
    kind: 'room',
    room_id: room.roomId,
    room_version: room.version,
    server_name: signer.serverName,
    software,
    exported_ts: now(),
    content,
  }
}

function eventLine(row: ExportRow, rules: RoomVersionRules, redact: boolean): ExportedEvent {
  const taken = redact && !WHOLE_TYPES.has(row.type)
  return {
    line: 'event',
    event_id: row.eventId,
    status: row.status,
    ...(row.reason === undefined ? {} : { reason: row.reason }),
    received_ts: row.receivedTs,
    ...(row.receivedFrom === undefined ? {} : { received_from: row.receivedFrom }),
    ...(row.redactedBy === undefined ? {} : { redacted_by: row.redactedBy }),
    ...(taken ? { redacted: true } : {}),
    event: taken ? redactJson(row.json, rules) : row.json,
  }
}
