import { judgeByAuthEvents } from '../core/auth/by-auth-events.ts'
import { verifyContentHash } from '../core/hashes.ts'
import { createEventIdOf } from '../core/pdu.ts'
import { roomVersionRules, type RoomVersionRules } from '../core/room-versions.ts'
import type { EventId, Pdu } from '../core/types.ts'
import type { Findings } from './findings.ts'

/** An event that others cite: what the rules need of it, and whether all of that is here. */
interface Cited {
  readonly pdu: Pdu
  readonly rejected: boolean
  readonly whole: boolean
}

/** The state events of the file: the only ones that others can cite. */
export class CitedEvents {
  private readonly byId = new Map<EventId, Cited>()

  add(pdu: Pdu, rejected: boolean): void {
    if (pdu.stateKey === undefined) return
    this.byId.set(pdu.eventId, { pdu, rejected, whole: tellsEnough(pdu) })
  }

  get(id: EventId): Cited | undefined {
    return this.byId.get(id)
  }
}

/** The auth rules by the events that each one cites, as far as the file has them. */
export function checkRules(
  pdu: Pdu,
  status: string,
  cited: CitedEvents,
  number: number,
  findings: Findings,
): void {
  const rules = roomVersionRules(pdu.roomVersion)
  const needed = neededBy(pdu, rules)
  if (needed.some((id) => cited.get(id) === undefined)) {
    findings.skip('auth rules: what the event cites is not in this export')
    return
  }
  const decision = judgeByAuthEvents(pdu, rules, (id) => cited.get(id))
  if (decision.verdict === 'accept') findings.hold('auth rules')
  // The exporting server refused it as well.
  else if (status === 'rejected') findings.hold('refusals')
  else if (!tellsEnough(pdu, rules) || needed.some((id) => cited.get(id)?.whole === false)) {
    findings.skip('auth rules: what they need was redacted')
  } else {
    findings.fail(number, `${pdu.eventId}: ${decision.rule} refuses it: ${decision.reason}`)
  }
}

function neededBy(pdu: Pdu, rules: RoomVersionRules): EventId[] {
  const create = rules.roomIdIsCreateHash && pdu.type !== 'm.room.create' ? [createEventIdOf(pdu.roomId)] : []
  return [...pdu.authEvents, ...create]
}

/**
 * Whether redaction, if the event was redacted, took nothing by which the rules judge: others by this event, or
 * (with `rules`) the event itself.
 */
function tellsEnough(pdu: Pdu, rules?: RoomVersionRules): boolean {
  if (verifyContentHash(pdu.json)) return true
  switch (pdu.type) {
    case 'm.room.member':
      return rules === undefined || rules.updatedRedaction
    case 'm.room.power_levels':
    case 'm.room.third_party_invite':
      return false
    case 'm.room.create':
      return roomVersionRules(pdu.roomVersion).updatedRedaction
    case 'm.room.redaction':
      return rules === undefined || !rules.redactionAuthRule
    default:
      return true
  }
}
