import { canonicalJsonLenient } from '../../core/canonical-json.ts'
import { contentHash, verifyContentHash } from '../../core/hashes.ts'
import { own, ownString, without } from '../../core/json.ts'
import { eventIdOf } from '../../core/pdu.ts'
import { roomVersionRules } from '../../core/room-versions.ts'
import { reportSignatures } from '../../core/signature-report.ts'
import type { JsonObject, Pdu } from '../../core/types.ts'
import type { InspectedKey, InspectedRooms } from './ports.ts'

/** What is signed of an event as it is kept: canonical JSON without what others may add. */
export function canonicalOf(pdu: Pdu): { canonical: string; bytes: number } {
  const canonical = canonicalJsonLenient(without(pdu.json, 'unsigned'))
  return { canonical, bytes: Buffer.byteLength(canonical) }
}

/**
 * The content hash, which covers what people wrote, and the reference hash, which is the event's id from room
 * version 3 on, computed anew. A redacted event keeps its id and signatures, and its content hash is of what it was.
 */
export function hashesJson(pdu: Pdu): JsonObject {
  const rules = roomVersionRules(pdu.roomVersion)
  const computedId = eventIdOf(pdu.json, rules)
  return {
    content: {
      claimed: ownString(own(pdu.json, 'hashes'), 'sha256') ?? '',
      computed: contentHash(pdu.json),
      matches: verifyContentHash(pdu.json),
    },
    reference:
      rules.eventIdFormat === 'explicit'
        ? { explicit: true, matches: true }
        : { explicit: false, computed: computedId ?? '', matches: computedId === pdu.eventId },
  }
}

export function signaturesJson(rooms: Pick<InspectedRooms, 'keysOf'>, pdu: Pdu): JsonObject {
  const report = reportSignatures(pdu, roomVersionRules(pdu.roomVersion), (server) => rooms.keysOf(server))
  return {
    signatures: report.signatures.map(({ server, keyId, required, result, key }) => ({
      server,
      key_id: keyId,
      required,
      result,
      ...(key === undefined ? {} : { key: keyJson(key) }),
    })),
    lacking: [...report.lacking],
  }
}

function keyJson(key: InspectedKey): JsonObject {
  return {
    public_key: key.publicKey,
    from: key.from,
    old: key.old,
    ...(key.validUntilTs === undefined ? {} : { valid_until_ts: key.validUntilTs }),
    ...(key.fetchedTs === undefined ? {} : { fetched_ts: key.fetchedTs }),
  }
}
