import { serverNameOf } from '../ids.ts'
import type { PowerLevels } from '../power-levels.ts'
import type { RoomVersionRules } from '../room-versions.ts'
import type { Pdu } from '../types.ts'

/**
 * "Handling redactions" (from version 3 on): whether an accepted redaction takes the content of `target`.
 * `levels` are those of the room where the redaction was sent. In versions 1 and 2 the auth rules
 * decided that already.
 */
export function redactionApplies(
  redaction: Pdu,
  target: Pdu,
  levels: PowerLevels,
  rules: RoomVersionRules,
): boolean {
  if (redaction.type !== 'm.room.redaction' || redaction.redacts !== target.eventId) return false
  if (redaction.roomId !== target.roomId) return false
  if (rules.redactionAuthRule) return true
  // 1.
  if (levels.userLevel(redaction.sender) >= levels.redact) return true
  // 2.
  return serverNameOf(redaction.sender) === serverNameOf(target.sender)
}
