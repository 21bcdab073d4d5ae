import { z } from 'zod'
import { isRoomVersion, roomVersionRules } from '../core/room-versions.ts'
import { EXPORT_FORMAT, EXPORT_VERSION } from '../core/export-format.ts'
import { verifyContentHash } from '../core/hashes.ts'
import { isObject, own, ownString } from '../core/json.ts'
import { parseJson } from '../core/parse-json.ts'
import { parsePdu } from '../core/pdu.ts'
import { reportSignatures } from '../core/signature-report.ts'
import type { JsonObject, RoomVersionId } from '../core/types.ts'
import { isRedactedForm, type Keys } from './check-event.ts'
import type { Findings } from './findings.ts'

/** A body is some megabytes at most, and what is in it no deeper than any event. */
const DEEPEST = 40
const MOST_EVENTS_OF_LINE = 10_000

/** The first line of a capture: what servers said to each other. */
export const captureShape = z.looseObject({
  format: z.literal(EXPORT_FORMAT),
  version: z.literal(EXPORT_VERSION),
  kind: z.literal('capture'),
  server_name: z.string().max(255),
  exported_ts: z.number().optional(),
})
export type CaptureHeader = z.infer<typeof captureShape>

/**
 * The events in the bodies of a capture, whatever else stands there: each signature is checked whose key and room
 * version are known, from the file (`{"line":"room","room_id":…,"room_version":…}`), the name of a server, or a
 * create event that came before.
 */
export class CapturedEvents {
  events = 0
  records = 0
  private readonly keys: Keys
  private readonly findings: Findings
  private readonly versions = new Map<string, RoomVersionId>()

  constructor(keys: Keys, findings: Findings) {
    this.keys = keys
    this.findings = findings
  }

  /** One line that is no line of keys. */
  check(line: number, json: unknown): void {
    const roomId = ownString(json, 'room_id')
    const version = ownString(json, 'room_version')
    if (ownString(json, 'line') === 'room' && roomId !== undefined && isRoomVersion(version)) {
      this.versions.set(roomId, version)
      return
    }
    if (ownString(json, 'line') === 'record') this.records++
    let left = MOST_EVENTS_OF_LINE
    for (const event of eventsIn(json, 0)) {
      if (left-- === 0) {
        this.findings.skip(`events: those beyond the first ${MOST_EVENTS_OF_LINE} of a line`)
        break
      }
      this.checkEvent(line, event)
    }
  }

  private checkEvent(line: number, event: JsonObject): void {
    this.events++
    const version = this.versionOf(event)
    if (version === undefined) {
      this.findings.skip('events: the version of their room is not in this file')
      return
    }
    const parsed = parsePdu(event, version)
    if (!parsed.ok) {
      this.findings.fail(line, `an event is none of room version ${version}: ${parsed.reason}`)
      return
    }
    const { pdu } = parsed
    if (verifyContentHash(pdu.json)) this.findings.hold('content hashes')
    else if (isRedactedForm(pdu)) this.findings.skip('content hashes: the content is not here')
    else this.findings.fail(line, `${pdu.eventId}: its content is not what its sender hashed`)
    const report = reportSignatures(pdu, roomVersionRules(version), (server) => this.keys.of(server))
    for (const { result, server, keyId } of report.signatures) {
      if (result === 'valid') this.findings.hold('signatures')
      else if (result === 'key not known') this.findings.skip('signatures: their keys are not in this file')
      else if (result === 'wrong') {
        this.findings.fail(line, `${pdu.eventId}: the signature of ${server} with ${keyId} does not hold`)
      } else if (result === 'not valid then') {
        this.findings.fail(line, `${pdu.eventId}: the key of ${server} was not valid when it was sent`)
      }
    }
  }

  private versionOf(event: JsonObject): RoomVersionId | undefined {
    if (own(event, 'type') === 'm.room.create') {
      const version = own(own(event, 'content'), 'room_version') ?? '1'
      const roomId = ownString(event, 'room_id')
      if (!isRoomVersion(version)) return undefined
      if (roomId !== undefined && !this.versions.has(roomId)) this.versions.set(roomId, version)
      return version
    }
    return this.versions.get(ownString(event, 'room_id') ?? '')
  }
}

/** Everything in a value, also in JSON that stands in it as text, that has the parts of an event. */
function* eventsIn(value: unknown, depth: number): Generator<JsonObject> {
  if (depth > DEEPEST) return
  if (typeof value === 'string') {
    if (/^\s*[[{]/.test(value)) yield* eventsIn(textAsJson(value), depth + 1)
  } else if (Array.isArray(value)) {
    for (const item of value) yield* eventsIn(item, depth + 1)
  } else if (isObject(value)) {
    const isEvent =
      isObject(value['signatures']) && isObject(value['hashes']) && Array.isArray(value['auth_events'])
    if (isEvent) yield value
    else for (const item of Object.values(value)) yield* eventsIn(item, depth + 1)
  }
}

/** A body that was cut is no JSON any more. */
function textAsJson(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
