import { z } from 'zod'
import { EXPORT_FORMAT, EXPORT_VERSION } from '../core/export-format.ts'
import { isObject } from '../core/json.ts'
import { isRoomVersion } from '../core/room-versions.ts'
import type { JsonObject, RoomId, RoomVersionId } from '../core/types.ts'

const json = z.custom<JsonObject>(isObject, 'must be an object')
const optionalText = z.string().optional()
/** Of rooms, events, servers and keys: longer ones are in no event (appendices, "Identifier Grammar"). */
const id = z.string().max(255)

/** The lines of an export as they are read from a file that anybody may have written. */
export const headerShape = z.looseObject({
  format: z.literal(EXPORT_FORMAT),
  version: z.literal(EXPORT_VERSION),
  kind: z.literal('room'),
  room_id: id.transform((roomId) => roomId as RoomId),
  room_version: z.custom<RoomVersionId>(isRoomVersion, 'is not known here'),
  server_name: id,
  exported_ts: z.number(),
  content: z.enum(['redacted', 'full']),
})
export type Header = z.infer<typeof headerShape>

export const lineShape = z.discriminatedUnion('line', [
  z.looseObject({
    line: z.literal('keys'),
    server: id,
    keys: z.array(
      z.looseObject({
        key_id: id,
        public_key: id,
        valid_until_ts: z.number().optional(),
        old: z.boolean(),
        from: z.enum(['own', 'name', 'server', 'others']),
      }),
    ),
  }),
  z.looseObject({
    line: z.literal('event'),
    event_id: id,
    status: z.enum(['accepted', 'soft-failed', 'rejected', 'outlier']),
    reason: optionalText,
    redacted_by: optionalText,
    redacted: z.literal(true).optional(),
    event: json,
  }),
  z.looseObject({
    line: z.literal('end'),
    room_id: z.string().optional(),
    count: z.number(),
    sha256: z.string(),
  }),
])
export type Line = z.infer<typeof lineShape>
export type EventLine = Extract<Line, { line: 'event' }>
export type KeysLine = Extract<Line, { line: 'keys' }>
export type EndLine = Extract<Line, { line: 'end' }>
