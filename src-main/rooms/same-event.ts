import { referenceHash } from '../core/hashes.ts'
import { roomVersionRules } from '../core/room-versions.ts'
import type { Pdu } from '../core/types.ts'
import type { RoomsContext } from './context.ts'
import type { RefusalCause } from './refusals/ports.ts'
import { foreignPrev } from './room-state.ts'

export interface Never {
  readonly cause: RefusalCause
  readonly reason: string
}

/**
 * Why this event can have no place whatever else arrives; undefined where there is no such reason. In room
 * versions 1 and 2 a server writes its events' ids itself, and may give one to several events: the first that
 * was stored keeps it, as others may refer to that one.
 */
export function neverPlaced(ctx: RoomsContext, pdu: Pdu): Never | undefined {
  const known = ctx.store.getEvent(pdu.eventId)
  if (known !== undefined && !isSameEvent(known.pdu, pdu)) {
    return { cause: 'id-taken', reason: `another event has the id ${pdu.eventId}` }
  }
  const foreign = foreignPrev(ctx, pdu)
  if (foreign === undefined) return undefined
  return { cause: 'other-room', reason: `its prev event ${foreign} is of another room` }
}

/** Two events of one id. A redacted copy is the same event. */
function isSameEvent(a: Pdu, b: Pdu): boolean {
  if (a.roomId !== b.roomId) return false
  const rules = roomVersionRules(a.roomVersion)
  if (rules.eventIdFormat !== 'explicit') return true
  return Buffer.compare(referenceHash(a.json, rules), referenceHash(b.json, rules)) === 0
}
