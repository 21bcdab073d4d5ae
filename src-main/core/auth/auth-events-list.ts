import { own } from '../json.ts'
import { createEventIdOf } from '../pdu.ts'
import type { RoomVersionRules } from '../room-versions.ts'
import { stateKeyOf, type Decision, type EventId, type Pdu, type StateMapKey } from '../types.ts'
import { accept, reject } from './context.ts'
import { ruleNumbers } from './rule-numbers.ts'
import { authStateKeysFor } from './selection.ts'

/**
 * The rules about an event's `auth_events` (rule 2, from version 12 on rule 3, and 2 there for the
 * create event). `authEvents` are the events that it names, all of them; `rejectedIds`, those of them
 * that were rejected (for version 12 also the create event's id, if that was).
 */
export function checkAuthEventsList(
  pdu: Pdu,
  rules: RoomVersionRules,
  authEvents: readonly Pdu[],
  rejectedIds: Pick<ReadonlySet<EventId>, 'has'>,
): Decision {
  // Rule 1 decides on create events before this one is reached.
  if (pdu.type === 'm.room.create') return accept
  const numbers = ruleNumbers(rules)
  const number = numbers.authEvents

  // v12, 2. The create event that the room id names must have been accepted.
  if (rules.roomIdIsCreateHash && rejectedIds.has(createEventIdOf(pdu.roomId))) {
    return reject(rules, numbers.noCreate, 'the room’s create event was rejected')
  }

  // 2.1 `authEvents` is free of repeated ids; the event itself may not be.
  const listed = own(pdu.json, 'auth_events')
  if (Array.isArray(listed) && listed.length > pdu.authEvents.length) {
    return reject(rules, `${number}.1`, 'auth_events names an event twice')
  }

  const expected = new Set<StateMapKey>(authStateKeysFor(pdu, rules))
  const seen = new Set<StateMapKey>()
  for (const auth of authEvents) {
    const key = auth.stateKey === undefined ? undefined : stateKeyOf(auth.type, auth.stateKey)
    // 2.1
    if (key !== undefined && seen.has(key)) {
      return reject(rules, `${number}.1`, `two auth events for ${auth.type} "${auth.stateKey}"`)
    }
    // 2.2
    if (key === undefined || !expected.has(key)) {
      return reject(rules, `${number}.2`, `the auth event ${auth.eventId} (${auth.type}) is not needed`)
    }
    seen.add(key)
    // 2.3
    if (rejectedIds.has(auth.eventId)) {
      return reject(rules, `${number}.3`, `the auth event ${auth.eventId} was rejected`)
    }
    // 2.5
    if (auth.roomId !== pdu.roomId) {
      return reject(rules, numbers.otherRoom, `the auth event ${auth.eventId} is of another room`)
    }
  }
  // 2.4
  if (!rules.roomIdIsCreateHash && !seen.has(stateKeyOf('m.room.create', ''))) {
    return reject(rules, numbers.noCreate, 'there is no create event among the auth events')
  }
  return accept
}
