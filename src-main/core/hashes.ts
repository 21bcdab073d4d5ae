/** Hashes of events (spec server-server, "Signing Events"). They throw `CanonicalJsonError`, but not for JSON of a `Pdu`. */
import { hash } from 'node:crypto'
import { decodeBase64Lenient, encodeUnpaddedBase64 } from './base64.ts'
import { canonicalJsonLenient } from './canonical-json.ts'
import { own, without } from './json.ts'
import { redactJson } from './redaction.ts'
import type { RoomVersionRules } from './room-versions.ts'
import type { PduJson } from './types.ts'

/** "Calculating the content hash for an event"; unpadded base64. */
export function contentHash(json: PduJson): string {
  return encodeUnpaddedBase64(sha256(without(json, 'unsigned', 'signatures', 'hashes')))
}

/** "Calculating the reference hash for an event"; 32 bytes. */
export function referenceHash(json: PduJson, rules: RoomVersionRules): Uint8Array {
  return sha256(without(redactJson(json, rules), 'unsigned', 'signatures'))
}

/**
 * Whether the event is the whole of what its sender hashed. If not, it is a redacted copy or was
 * tampered with, and only its redacted form may be used.
 */
export function verifyContentHash(json: PduJson): boolean {
  const claimed = own(own(json, 'hashes'), 'sha256')
  if (typeof claimed !== 'string') return false
  const bytes = decodeBase64Lenient(claimed)
  return bytes !== undefined && encodeUnpaddedBase64(bytes) === contentHash(json)
}

function sha256(value: PduJson): Uint8Array {
  // Strictness is checked once, in `parsePdu`; for what passed there both forms are the same.
  return hash('sha256', canonicalJsonLenient(value), 'buffer')
}
