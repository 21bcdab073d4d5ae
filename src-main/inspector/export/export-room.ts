import { createHash } from 'node:crypto'
import { encodeUnpaddedBase64 } from '../../core/base64.ts'
import {
  EXPORT_FORMAT,
  EXPORT_VERSION,
  WHOLE_TYPES,
  type ExportedEvent,
  type ExportedKey,
  type ExportedKeys,
  type ExportEnd,
  type ExportHeader,
} from '../../core/export-format.ts'
import { isObject, own } from '../../core/json.ts'
import { redactJson } from '../../core/redaction.ts'
import { roomVersionRules, type RoomVersionRules } from '../../core/room-versions.ts'
import { signJson } from '../../core/signatures.ts'
import type { RoomId, ServerName, Signer } from '../../core/types.ts'
import type { RoomRecord } from '../../rooms/ports.ts'
import type { InspectedRooms } from '../event/ports.ts'
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
  const hash = createHash('sha256')
  const piece = (lines: readonly object[]): string => {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    hash.update(text)
    return text
  }
  const rules = roomVersionRules(room.version)
  const told = new Set<string>()
  let events = 0
  yield piece([headerOf(parts, room, content)])
  let after: ExportCursor | undefined
  do {
    const page = parts.reader.page(room.roomId, after, PAGE)
    const lines = page.rows.flatMap((row) => [
      ...newKeys(parts, row, told),
      eventLine(row, rules, content === 'redacted'),
    ])
    events += page.rows.length
    yield piece(lines)
    after = page.next
  } while (after !== undefined)
  yield `${JSON.stringify(endOf(parts.signer, room.roomId, events, hash.digest()))}\n`
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

/** The keys of whoever signed this event and was not told of yet. */
function newKeys({ keysOf }: ExportParts, row: ExportRow, told: Set<string>): ExportedKeys[] {
  const signatures = own(row.json, 'signatures')
  const servers = isObject(signatures) ? Object.keys(signatures) : []
  const lines: ExportedKeys[] = []
  for (const server of servers) {
    if (told.has(server)) continue
    told.add(server)
    const keys = keysOf(server as ServerName).map((key): ExportedKey => ({
      key_id: key.keyId,
      public_key: key.publicKey,
      ...(key.validUntilTs === undefined ? {} : { valid_until_ts: key.validUntilTs }),
      old: key.old,
      from: key.from,
    }))
    lines.push({ line: 'keys', server, keys })
  }
  return lines
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

function endOf(signer: Signer, roomId: RoomId, events: number, sha256: Buffer): ExportEnd {
  const end = { line: 'end' as const, room_id: roomId, events, sha256: encodeUnpaddedBase64(sha256) }
  return signJson<ExportEnd>(end, signer)
}
