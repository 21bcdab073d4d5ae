import { checkAuthRules } from '../core/auth-rules.ts'
import { judgeByAuthEvents, type FindEvent } from '../core/auth/by-auth-events.ts'
import type { Watch } from '../core/auth/watch.ts'
import type { RoomVersionRules } from '../core/room-versions.ts'
import type { Decision, Pdu } from '../core/types.ts'
import type { RoomsContext } from './context.ts'
import type { StateGroupId } from './ports.ts'
import { lookupIn } from './room-state.ts'

/** Check 4 on receipt of a PDU: authorised by the auth events that it cites. All of them must be stored. */
export function checkByAuthEvents(
  ctx: RoomsContext,
  pdu: Pdu,
  rules: RoomVersionRules,
  watch?: Watch,
): Decision {
  const find: FindEvent = (id) => {
    const stored = ctx.store.getEvent(id)
    return stored && { pdu: stored.pdu, rejected: stored.status === 'rejected' }
  }
  return judgeByAuthEvents(pdu, rules, find, watch)
}

/** Checks 5 and 6: authorised by a state. */
export function checkByState(
  ctx: RoomsContext,
  pdu: Pdu,
  rules: RoomVersionRules,
  group: StateGroupId,
  watch?: Watch,
): Decision {
  const lookup = lookupIn(ctx, ctx.store.stateMap(group))
  return checkAuthRules(pdu, rules, watch?.over(lookup) ?? lookup)
}
