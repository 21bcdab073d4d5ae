/** The event format of every room version ("Event format" on its page), read and written. */
import { encodeUnpaddedBase64, encodeUrlSafeBase64 } from './base64.ts'
import { canonicalJson, CanonicalJsonError, canonicalJsonLenient } from './canonical-json.ts'
import { contentHash, referenceHash } from './hashes.ts'
import { isUserId, MAX_ID_BYTES, parseEventId, parseRoomId, serverNameOf } from './ids.ts'
import { isObject, own, ownString, without } from './json.ts'
import { roomVersionRules, type RoomVersionRules } from './room-versions.ts'
import { signPduJson } from './signatures.ts'
import type {
  EventId,
  Json,
  JsonObject,
  Pdu,
  PduJson,
  RoomId,
  RoomVersionId,
  Signer,
  UserId,
} from './types.ts'

/** Bytes of the canonical JSON, signatures included (client-server, "Size limits"). */
export const MAX_PDU_BYTES = 65536
export const MAX_PREV_EVENTS = 20
export const MAX_AUTH_EVENTS = 10

export type ParsedPdu =
  | { readonly ok: true; readonly pdu: Pdu }
  | { readonly ok: false; readonly reason: string; readonly eventId?: EventId }

/** What an event of our own says; `buildPdu` adds hashes, signatures and the id. */
export interface PduDraft {
  /** Absent for the create event of room version 12, and only there. */
  readonly roomId?: RoomId | undefined
  readonly type: string
  readonly stateKey?: string | undefined
  readonly sender: UserId
  readonly content: JsonObject
  readonly authEvents: readonly EventId[]
  readonly prevEvents: readonly EventId[]
  readonly depth: number
  /** Milliseconds since the epoch. */
  readonly originServerTs: number
  readonly redacts?: EventId | undefined
  /** Room versions 1 and 2 only: reference hashes (unpadded base64) of auth and prev events, where known. */
  readonly referenceHashes?: ReadonlyMap<EventId, string> | undefined
}

/** A draft that no server would accept, e.g. one that is too large; `reason` is a sentence for people. */
export class InvalidPduError extends Error {
  readonly reason: string
  readonly tooLarge: boolean
  constructor(reason: string) {
    super(`invalid event: ${reason}`)
    this.name = 'InvalidPduError'
    this.reason = reason
    this.tooLarge = reason.startsWith('too large')
  }
}

class FormatError extends Error {}

/**
 * Checks an event from outside against the format of its room version, size limits included. `unsigned`
 * is dropped. A wrong content hash is not an error here: see `verifyContentHash` and `redactPdu`.
 * Never throws; `eventId` is given with a refusal when the event could at least be identified.
 */
export function parsePdu(json: unknown, version: RoomVersionId): ParsedPdu {
  const rules = roomVersionRules(version)
  let eventId: EventId | undefined
  try {
    if (!isObject(json)) throw new FormatError('not an object')
    const event = without(json, 'unsigned')
    const size = Buffer.byteLength(
      rules.strictCanonicalJson ? canonicalJson(event) : canonicalJsonLenient(event),
    )
    eventId = eventIdOf(event, rules)
    if (eventId === undefined) throw new FormatError('event_id is missing or malformed')
    if (size > MAX_PDU_BYTES) throw new FormatError(`too large: ${size} bytes, at most ${MAX_PDU_BYTES}`)
    return { ok: true, pdu: readPdu(event, eventId, rules) }
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof CanonicalJsonError)) throw error
    return { ok: false, reason: error.message, ...(eventId === undefined ? {} : { eventId }) }
  }
}

/**
 * The id of an event: its own field (versions 1 and 2), or its reference hash. Undefined where the field
 * is malformed. Throws `CanonicalJsonError` for JSON that cannot be hashed.
 */
export function eventIdOf(json: PduJson, rules: RoomVersionRules): EventId | undefined {
  switch (rules.eventIdFormat) {
    case 'explicit': {
      const id = parseEventId(own(json, 'event_id'))
      return id?.includes(':') === true ? id : undefined
    }
    case 'hash':
      return `$${encodeUnpaddedBase64(referenceHash(json, rules))}` as EventId
    case 'url-safe-hash':
      return `$${encodeUrlSafeBase64(referenceHash(json, rules))}` as EventId
  }
}

/** Room version 12: the id of the room that this create event makes. */
export function roomIdOfCreate(createEventId: EventId): RoomId {
  return `!${createEventId.slice(1)}` as RoomId
}

/** Room version 12: the id of the create event that made this room. */
export function createEventIdOf(roomId: RoomId): EventId {
  return `$${roomId.slice(1)}` as EventId
}

/** Hashes, signs and identifies an event of our own. Throws `InvalidPduError` where the result breaks the format. */
export function buildPdu(draft: PduDraft, version: RoomVersionId, signer: Signer): Pdu {
  const rules = roomVersionRules(version)
  try {
    const json = draftJson(draft, rules)
    if (rules.eventIdFormat === 'explicit') {
      // Unique because it hashes the event, timestamp and place in the room included.
      const unique = contentHash(json).replaceAll('+', '-').replaceAll('/', '_')
      json['event_id'] = `$${unique}:${signer.serverName}`
    }
    json['hashes'] = { sha256: contentHash(json) }
    const parsed = parsePdu(signPduJson(json, rules, signer), version)
    if (!parsed.ok) throw new InvalidPduError(parsed.reason)
    return parsed.pdu
  } catch (error) {
    if (error instanceof CanonicalJsonError) throw new InvalidPduError(error.message)
    throw error
  }
}

function draftJson(draft: PduDraft, rules: RoomVersionRules): PduJson {
  const reference = (id: EventId): Json => {
    if (rules.eventIdFormat !== 'explicit') return id
    const hash = draft.referenceHashes?.get(id)
    return [id, hash === undefined ? {} : { sha256: hash }]
  }
  const json: PduJson = {
    type: draft.type,
    sender: draft.sender,
    content: draft.content,
    auth_events: draft.authEvents.map(reference),
    prev_events: draft.prevEvents.map(reference),
    depth: Math.min(draft.depth, Number.MAX_SAFE_INTEGER),
    origin_server_ts: draft.originServerTs,
  }
  if (draft.roomId !== undefined) json['room_id'] = draft.roomId
  if (draft.stateKey !== undefined) json['state_key'] = draft.stateKey
  if (draft.redacts !== undefined) {
    if (rules.redactsInContent) json['content'] = { ...draft.content, redacts: draft.redacts }
    else json['redacts'] = draft.redacts
  }
  return json
}

function readPdu(json: PduJson, eventId: EventId, rules: RoomVersionRules): Pdu {
  const type = shortString(json, 'type')
  const stateKey = own(json, 'state_key') === undefined ? undefined : shortString(json, 'state_key')
  const sender = own(json, 'sender')
  if (!isUserId(sender)) throw new FormatError('sender is not a user id')
  const content = own(json, 'content')
  if (!isObject(content)) throw new FormatError('content is not an object')
  checkHashesAndSignatures(json)
  const roomId = readRoomId(json, type, eventId, rules)
  const authEvents = readReferences(json, 'auth_events', MAX_AUTH_EVENTS, rules)
  if (rules.roomIdIsCreateHash && authEvents.includes(createEventIdOf(roomId))) {
    throw new FormatError('auth_events names the create event')
  }
  const redacts =
    type === 'm.room.redaction'
      ? parseEventId(own(rules.redactsInContent ? content : json, 'redacts'))
      : undefined
  return {
    eventId,
    roomId,
    roomVersion: rules.id,
    type,
    stateKey,
    sender,
    content,
    authEvents,
    prevEvents: readReferences(json, 'prev_events', MAX_PREV_EVENTS, rules),
    depth: readDepth(json),
    originServerTs: readTimestamp(json),
    redacts,
    json,
  }
}

function readRoomId(json: PduJson, type: string, eventId: EventId, rules: RoomVersionRules): RoomId {
  const given = own(json, 'room_id')
  if (!rules.roomIdIsCreateHash) {
    const roomId = parseRoomId(given)
    if (roomId === undefined || serverNameOf(roomId) === '') throw new FormatError('room_id is not a room id')
    return roomId
  }
  if (type === 'm.room.create') {
    if (given !== undefined) throw new FormatError('a create event has no room_id in this room version')
    return roomIdOfCreate(eventId)
  }
  if (typeof given !== 'string' || !/^![A-Za-z0-9_-]{43}$/.test(given)) {
    throw new FormatError('room_id is not the hash of a create event')
  }
  return given as RoomId
}

/**
 * Plain ids, or in versions 1 and 2 pairs of an id and hashes (which nobody checks any more). Repeated
 * ids are named once, so that nobody downstream has to expect them.
 */
function readReferences(
  json: PduJson,
  key: 'auth_events' | 'prev_events',
  max: number,
  rules: RoomVersionRules,
): EventId[] {
  const list = own(json, key)
  if (!Array.isArray(list)) throw new FormatError(`${key} is not an array`)
  if (list.length > max) throw new FormatError(`${key} has ${list.length} entries, at most ${max}`)
  const ids = list.map((entry) => {
    const pair = rules.eventIdFormat === 'explicit'
    if (pair && !(Array.isArray(entry) && entry.length === 2 && isObject(entry[1]))) {
      throw new FormatError(`${key} has an entry that is not a pair of event id and hashes`)
    }
    const id = parseEventId(pair && Array.isArray(entry) ? entry[0] : entry)
    if (id === undefined) throw new FormatError(`${key} has an entry that is not an event id`)
    return id
  })
  return [...new Set(ids)]
}

function shortString(json: PduJson, key: 'type' | 'state_key'): string {
  const value = ownString(json, key)
  if (value === undefined) throw new FormatError(`${key} is not a string`)
  if (Buffer.byteLength(value) > MAX_ID_BYTES) {
    throw new FormatError(`too large: ${key} has more than ${MAX_ID_BYTES} bytes`)
  }
  return value
}

function checkHashesAndSignatures(json: PduJson): void {
  if (ownString(own(json, 'hashes'), 'sha256') === undefined)
    throw new FormatError('hashes.sha256 is missing')
  const signatures = own(json, 'signatures')
  if (!isObject(signatures) || !Object.values(signatures).every(isObject)) {
    throw new FormatError('signatures is not an object of objects')
  }
}

/** Up to 2^63 - 1 in versions 1 to 5, where JavaScript rounds; canonical JSON bounds it from version 6. */
function readDepth(json: PduJson): number {
  const depth = own(json, 'depth')
  if (typeof depth !== 'number' || !Number.isInteger(depth) || depth < 0 || depth > 2 ** 63) {
    throw new FormatError('depth is not an integer in range')
  }
  return depth
}

function readTimestamp(json: PduJson): number {
  const ts = own(json, 'origin_server_ts')
  if (typeof ts !== 'number' || !Number.isInteger(ts)) {
    throw new FormatError('origin_server_ts is not an integer')
  }
  return ts
}
