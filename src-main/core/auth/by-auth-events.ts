import { checkAuthRules } from '../auth-rules.ts'
import { createEventIdOf } from '../pdu.ts'
import type { RoomVersionRules } from '../room-versions.ts'
import { stateKeyOf, type Decision, type EventId, type Pdu } from '../types.ts'
import { checkAuthEventsList } from './auth-events-list.ts'
import type { StateLookup } from './context.ts'
import type { Watch } from './watch.ts'

/** An event that others may cite, and whether it was itself rejected. */
export type FindEvent = (id: EventId) => { readonly pdu: Pdu; readonly rejected: boolean } | undefined

/** What no rule of the specification says: the event cannot be judged here. */
export const AUTH_EVENT_MISSING = 'auth events'

/**
 * Check 4 on receipt of a PDU (server-server-api, "Checks performed on receipt of a PDU"): authorised by the
 * auth events that it cites. All of them must be known.
 *
 * @param watch sees which events the rules look at, for whoever explains the verdict.
 */
export function judgeByAuthEvents(
  pdu: Pdu,
  rules: RoomVersionRules,
  find: FindEvent,
  watch?: Watch,
): Decision {
  const rejected = new Set<EventId>()
  const cited: Pdu[] = []
  for (const id of pdu.authEvents) {
    const event = find(id)
    if (event === undefined) {
      return { verdict: 'reject', rule: AUTH_EVENT_MISSING, reason: 'An auth event is not known here.' }
    }
    if (event.rejected) rejected.add(id)
    cited.push(event.pdu)
  }
  // From version 12 on nobody cites the create event, and everybody rests on it.
  const create = rules.roomIdIsCreateHash ? createEventIdOf(pdu.roomId) : undefined
  if (create !== undefined && find(create)?.rejected === true) rejected.add(create)
  const list = checkAuthEventsList(pdu, rules, cited, rejected)
  if (list.verdict === 'reject') return list
  const byKey = new Map(cited.map((auth) => [stateKeyOf(auth.type, auth.stateKey ?? ''), auth]))
  const lookup: StateLookup = (type, stateKey) =>
    create !== undefined && type === 'm.room.create' && stateKey === ''
      ? find(create)?.pdu
      : byKey.get(stateKeyOf(type, stateKey))
  return checkAuthRules(pdu, rules, watch?.over(lookup) ?? lookup)
}
