import type { EventId, PduJson, RoomId, ServerName } from '../../core/types.ts'
import type { EventStatus } from '../../rooms/ports.ts'

export interface ExportRow {
  readonly eventId: EventId
  readonly status: EventStatus
  readonly reason: string | undefined
  readonly type: string
  readonly receivedTs: number
  readonly receivedFrom: ServerName | undefined
  readonly redactedBy: EventId | undefined
  readonly json: PduJson
}

/** Where the next page begins. */
export type ExportCursor = readonly [depth: number, status: number, nid: number]

export interface ExportReader {
  /** All events of a room by their depth, so that most come after those that they cite. */
  page(
    roomId: RoomId,
    after: ExportCursor | undefined,
    limit: number,
  ): { rows: ExportRow[]; next?: ExportCursor }
}
