import { parseJson } from '../../core/parse-json.ts'
import { isObject, ownString, setOwn } from '../../core/json.ts'
import { redactJson } from '../../core/redaction.ts'
import { roomVersionRules } from '../../core/room-versions.ts'
import type { JsonObject, RoomVersionId } from '../../core/types.ts'

const DEEPEST = 40
/** What tells how servers work together, and not what people say. */
const KEPT = new Set([
  'type',
  'edu_type',
  'origin',
  'errcode',
  'room_version',
  'membership',
  'server_name',
  'version',
  'destination',
  'algorithm',
])
/** Ids, and names of servers: who speaks with whom stands in the rest of a capture too. */
const ID = /^(?:[@!$#][^\s:]{0,200}:[A-Za-z0-9.:[\]-]{1,255}|[!$][A-Za-z0-9_+/-]{43})$/

/** How an event in a body is written, and what is noted of it; undefined: its room version is not known. */
export interface EventWriter {
  versionOf(event: JsonObject): RoomVersionId | undefined
  seen(event: JsonObject): void
}

/**
 * A body of a request or answer as an export has it. Redacted: events by their room version, so that ids and
 * signatures still hold; of all else the ids, and no words. A body that was cut, or is no JSON, is left out.
 */
export function exportedBody(text: string, writer: EventWriter, redact: boolean): string {
  const body = parsed(text)
  if (body === undefined) return redact ? '' : text
  const written = write(body, writer, redact, undefined, 0)
  return redact ? JSON.stringify(written) : text
}

function parsed(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function write(
  value: unknown,
  writer: EventWriter,
  redact: boolean,
  key: string | undefined,
  depth: number,
): JsonObject[string] {
  if (depth > DEEPEST) return null
  if (Array.isArray(value)) return value.map((item) => write(item, writer, redact, key, depth + 1))
  if (isEvent(value)) {
    writer.seen(value)
    return redactedEvent(value, writer)
  }
  if (isObject(value)) {
    const written: JsonObject = {}
    for (const [name, item] of Object.entries(value)) {
      setOwn(written, name, write(item, writer, redact, name, depth + 1))
    }
    return written
  }
  if (typeof value !== 'string') return (value ?? null) as JsonObject[string]
  return (key !== undefined && KEPT.has(key)) || ID.test(value) ? value : '…'
}

function isEvent(value: unknown): value is JsonObject {
  return isObject(value) && isObject(value['signatures']) && Array.isArray(value['auth_events'])
}

function redactedEvent(event: JsonObject, writer: EventWriter): JsonObject {
  const version = writer.versionOf(event)
  if (version !== undefined) return redactJson(event, roomVersionRules(version))
  // Its signatures cannot be checked, and nothing of what it says is told.
  const { content: _, ...rest } = event
  return { ...rest, content: {}, type: ownString(event, 'type') ?? '' }
}
