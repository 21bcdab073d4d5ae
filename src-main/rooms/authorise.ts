import { checkAuthRules } from '../core/auth-rules.ts'
import { judgeByAuthEvents } from '../core/auth/by-auth-events.ts'
import type { RoomVersionRules } from '../core/room-versions.ts'
import type { Decision, Pdu } from '../core/types.ts'
import type { RoomsContext } from './context.ts'
import type { StateGroupId } from './ports.ts'
import { lookupIn } from './room-state.ts'

/** Check 4 on receipt of a PDU: authorised by the auth events that it cites. All of them must be stored. */
export function checkByAuthEvents(ctx: RoomsContext, pdu: Pdu, rules: RoomVersionRules): Decision {
  return judgeByAuthEvents(pdu, rules, (id) => {
    const stored = ctx.store.getEvent(id)
    return stored && { pdu: stored.pdu, rejected: stored.status === 'rejected' }
  })
}

/** Checks 5 and 6: authorised by a state. */
export function checkByState(
  ctx: RoomsContext,
  pdu: Pdu,
  rules: RoomVersionRules,
  group: StateGroupId,
): Decision {
  return checkAuthRules(pdu, rules, lookupIn(ctx, ctx.store.stateMap(group)))
}
