import { EXPORT_FORMAT, EXPORT_VERSION, type CaptureHeader } from '../../core/export-format.ts'
import { own, ownString } from '../../core/json.ts'
import { parseRoomId } from '../../core/ids.ts'
import { isRoomVersion } from '../../core/room-versions.ts'
import type { JsonObject, RoomVersionId } from '../../core/types.ts'
import type { RoomReader } from '../../rooms/ports.ts'
import type { TraceFilter } from '../filter.ts'
import type { TraceItem, TraceRecord } from '../records.ts'
import type { Trace } from '../trace.ts'
import type { ExportParts } from './export-room.ts'
import { ExportLines } from './lines.ts'
import { exportedBody, type EventWriter } from './redact-capture.ts'

const PAGE = 100

export type CaptureParts = Omit<ExportParts, 'reader'> & {
  readonly trace: Pick<Trace, 'page' | 'get'>
  readonly rooms: Pick<RoomReader, 'getRoom'>
}

/**
 * The lines of a capture: the operations of the trace, oldest first, with what was recorded of their bodies, and
 * what is needed to check the events in those. A page at a time.
 */
export async function* exportTrace(
  parts: CaptureParts,
  filter: TraceFilter,
  content: CaptureHeader['content'],
): AsyncGenerator<string> {
  const lines = new ExportLines(parts.keysOf)
  const rooms = new RoomLines(parts.rooms)
  const header: CaptureHeader = {
    format: EXPORT_FORMAT,
    version: EXPORT_VERSION,
    kind: 'capture',
    server_name: parts.signer.serverName,
    software: parts.software,
    exported_ts: parts.now(),
    content,
  }
  yield lines.piece([header, ...lines.keysFor({ signatures: { [parts.signer.serverName]: {} } })])
  let after = 0
  for (;;) {
    const page = await parts.trace.page({ after, limit: PAGE, filter })
    for (const record of page.records) {
      const before: object[] = []
      const writer: EventWriter = {
        versionOf: (event) => rooms.versionOf(event),
        seen: (event) => before.push(...rooms.lineOf(event), ...lines.keysFor(event)),
      }
      const whole = record.recorded === true ? await parts.trace.get(record.id) : record
      const written = withBodies(whole ?? record, writer, content === 'redacted')
      yield lines.piece([...before, { line: 'record', record: written }], 1)
    }
    if (page.next <= after || page.records.length === 0) break
    after = page.next
  }
  yield lines.end(parts.signer)
}

function withBodies<T extends TraceRecord | TraceItem>(item: T, writer: EventWriter, redact: boolean): T {
  const { bodies, children } = item
  const write = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : exportedBody(text, writer, redact)
  return {
    ...item,
    ...(bodies === undefined
      ? {}
      : { bodies: { request: write(bodies.request), answer: write(bodies.answer) } }),
    children: children.map((child) => withBodies(child, writer, redact)),
  }
}

/** The versions of the rooms that events are of, each told once. */
class RoomLines {
  private readonly rooms: Pick<RoomReader, 'getRoom'>
  private readonly told = new Set<string>()

  constructor(rooms: Pick<RoomReader, 'getRoom'>) {
    this.rooms = rooms
  }

  versionOf(event: JsonObject): RoomVersionId | undefined {
    if (ownString(event, 'type') === 'm.room.create') {
      const version = own(own(event, 'content'), 'room_version') ?? '1'
      return isRoomVersion(version) ? version : undefined
    }
    const roomId = parseRoomId(own(event, 'room_id'))
    return roomId === undefined ? undefined : this.rooms.getRoom(roomId)?.version
  }

  lineOf(event: JsonObject): object[] {
    const roomId = ownString(event, 'room_id')
    const version = this.versionOf(event)
    if (roomId === undefined || version === undefined || this.told.has(roomId)) return []
    this.told.add(roomId)
    return [{ line: 'room', room_id: roomId, room_version: version }]
  }
}
