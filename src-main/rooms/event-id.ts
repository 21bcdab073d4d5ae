import { CanonicalJsonError } from '../core/canonical-json.ts'
import { eventIdOf } from '../core/pdu.ts'
import type { RoomVersionRules } from '../core/room-versions.ts'
import type { EventId, PduJson } from '../core/types.ts'

/** The id of raw JSON from outside; undefined where it has none, or cannot be hashed. */
export function safeEventId(json: PduJson, rules: RoomVersionRules): EventId | undefined {
  try {
    return eventIdOf(json, rules)
  } catch (error) {
    if (error instanceof CanonicalJsonError) return undefined
    throw error
  }
}
