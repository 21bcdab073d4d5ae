/**
 * The file that a room, or what servers said to each other (a capture), is exported to: JSON Lines, each line by itself, so that it is written and read as a stream.
 *
 * 1. `{"format":"hearth-export","version":1,"kind":"room"|"capture",…}`: of which room, by which server, when.
 * 2. `{"line":"keys","server":…,"keys":[…]}`: the keys of a server, before the first event that it signed.
 * 3. `{"line":"event","event_id":…,"status":…,"event":{…}}`: an event as it travels between servers. Where it is
 *    `redacted`, by the redaction of its room version: its id and its signatures still hold.
 * 4. In a capture: `{"line":"record","record":{…}}`, an operation as the trace has it, and before the first event of
 *    a room `{"line":"room","room_id":…,"room_version":…}`.
 * 5. `{"line":"end","count":…,"sha256":…,"signatures":{…}}`: of all bytes before this line, signed by the server
 *    that exported. A file without it was cut off.
 */
import type { JsonObject, KeyId, PduJson, RoomId, RoomVersionId, ServerName } from './types.ts'

export const EXPORT_FORMAT = 'hearth-export'
export const EXPORT_VERSION = 1

export interface ExportHeader {
  readonly format: typeof EXPORT_FORMAT
  readonly version: number
  readonly kind: 'room'
  readonly room_id: RoomId
  readonly room_version: RoomVersionId
  readonly server_name: ServerName
  readonly software: string
  readonly exported_ts: number
  /** `redacted`: without what people wrote; what the auth rules need is whole. */
  readonly content: 'redacted' | 'full'
}

export interface ExportedKey {
  readonly key_id: string
  /** Unpadded base64. */
  readonly public_key: string
  /** Absent: for ever. */
  readonly valid_until_ts?: number
  readonly old: boolean
  /** How the exporting server knows it; see `InspectedKey`. */
  readonly from: 'own' | 'name' | 'server' | 'others'
}

export interface ExportedKeys {
  readonly line: 'keys'
  readonly server: string
  readonly keys: readonly ExportedKey[]
}

export interface ExportedEvent {
  readonly line: 'event'
  readonly event_id: string
  readonly status: 'accepted' | 'soft-failed' | 'rejected' | 'outlier'
  readonly reason?: string
  readonly received_ts: number
  readonly received_from?: string
  /** Somebody deleted it, so that its content is not here. */
  readonly redacted_by?: string
  /** Its content was taken for this export. */
  readonly redacted?: true
  readonly event: PduJson
}

export type ExportEnd = JsonObject & {
  readonly line: 'end'
  readonly room_id?: RoomId
  /** Of events, or of records. */
  readonly count: number
  /** Unpadded base64 of the hash of all lines before this one, with their line ends. */
  readonly sha256: string
  readonly signatures?: { [server: string]: { [key: KeyId]: string } }
}

export interface CaptureHeader {
  readonly format: typeof EXPORT_FORMAT
  readonly version: number
  readonly kind: 'capture'
  readonly server_name: ServerName
  readonly software: string
  readonly exported_ts: number
  readonly content: 'redacted' | 'full'
}

/** Numbers and ids by which the rules judge, and no words of people: whole in every export. */
export const WHOLE_TYPES: ReadonlySet<string> = new Set([
  'm.room.create',
  'm.room.join_rules',
  'm.room.power_levels',
  'm.room.server_acl',
])
