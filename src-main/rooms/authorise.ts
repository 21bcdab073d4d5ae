import { checkAuthEventsList, checkAuthRules } from '../core/auth-rules.ts'
import { createEventIdOf } from '../core/pdu.ts'
import type { RoomVersionRules } from '../core/room-versions.ts'
import type { Decision, EventId, Pdu } from '../core/types.ts'
import { stateKeyOf } from '../core/types.ts'
import type { RoomsContext } from './context.ts'
import type { StateGroupId } from './ports.ts'
import { lookupIn, type StateLookup } from './room-state.ts'

/** Check 4 on receipt of a PDU: authorised by the auth events that it cites. All of them must be stored. */
export function checkByAuthEvents(ctx: RoomsContext, pdu: Pdu, rules: RoomVersionRules): Decision {
  const rejected = new Set<EventId>()
  const cited: Pdu[] = []
  for (const stored of ctx.store.getEvents(pdu.authEvents)) {
    if (stored.status === 'rejected') rejected.add(stored.pdu.eventId)
    cited.push(stored.pdu)
  }
  if (cited.length < pdu.authEvents.length) {
    return { verdict: 'reject', rule: 'auth events', reason: 'An auth event is not known here.' }
  }
  const list = checkAuthEventsList(pdu, rules, cited, rejected)
  if (list.verdict === 'reject') return list
  return checkAuthRules(pdu, rules, citedLookup(ctx, pdu, rules, cited))
}

function citedLookup(
  ctx: RoomsContext,
  pdu: Pdu,
  rules: RoomVersionRules,
  cited: readonly Pdu[],
): StateLookup {
  const byKey = new Map(cited.map((auth) => [stateKeyOf(auth.type, auth.stateKey ?? ''), auth]))
  return (type, stateKey) => {
    if (rules.roomIdIsCreateHash && type === 'm.room.create' && stateKey === '') {
      return ctx.store.getEvent(createEventIdOf(pdu.roomId))?.pdu
    }
    return byKey.get(stateKeyOf(type, stateKey))
  }
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
