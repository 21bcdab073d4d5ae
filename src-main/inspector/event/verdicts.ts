import { checkAuthRules } from '../../core/auth-rules.ts'
import { judgeByAuthEvents } from '../../core/auth/by-auth-events.ts'
import { Watch } from '../../core/auth/watch.ts'
import { decidingKeys, ruleLink, ruleNumberOf, ruleWords } from '../../core/auth/rule-words.ts'
import { roomVersionRules, type RoomVersionRules } from '../../core/room-versions.ts'
import {
  stateKeyOf,
  type Decision,
  type EventId,
  type JsonObject,
  type Pdu,
  type StateMap,
} from '../../core/types.ts'
import type { StoredEvent } from '../../rooms/ports.ts'
import type { InspectedRooms } from './ports.ts'

export type Against = 'auth_events' | 'state_before' | 'current_state'

/**
 * How the auth rules judge an event now: by what it cites, by the state before it, and by the room's state of
 * today. The first two never change; the last counts only in the moment in which an event arrives.
 */
export function verdictsOf(
  rooms: InspectedRooms,
  event: Pick<StoredEvent, 'pdu' | 'stateBefore'>,
): JsonObject[] {
  const { pdu } = event
  const rules = roomVersionRules(pdu.roomVersion)
  const watch = new Watch()
  const byAuthEvents = judgeByAuthEvents(
    pdu,
    rules,
    (id) => {
      const stored = rooms.getEvent(id)
      return stored && { pdu: stored.pdu, rejected: stored.status === 'rejected' }
    },
    watch,
  )
  const verdicts = [verdictJson('auth_events', pdu, rules, byAuthEvents, watch.seen, rooms)]
  if (event.stateBefore !== undefined) {
    verdicts.push(judgeByState(rooms, 'state_before', pdu, rules, rooms.stateMap(event.stateBefore)))
  }
  const current = rooms.currentStateMap(pdu.roomId)
  if (current.size > 0) verdicts.push(judgeByState(rooms, 'current_state', pdu, rules, current))
  return verdicts
}

function judgeByState(
  rooms: InspectedRooms,
  against: Against,
  pdu: Pdu,
  rules: RoomVersionRules,
  state: StateMap,
): JsonObject {
  const watch = new Watch()
  const lookup = watch.over((type, stateKey) => {
    const id = state.get(stateKeyOf(type, stateKey))
    return id === undefined ? undefined : rooms.getEvent(id)?.pdu
  })
  return verdictJson(against, pdu, rules, checkAuthRules(pdu, rules, lookup), watch.seen, rooms)
}

function verdictJson(
  against: Against,
  pdu: Pdu,
  rules: RoomVersionRules,
  decision: Decision,
  used: ReadonlySet<Pdu>,
  rooms: InspectedRooms,
): JsonObject {
  if (decision.verdict === 'accept') {
    return {
      against,
      verdict: 'allowed',
      looked_at: [...used].map((one) => referenceJson(rooms, one.eventId)),
    }
  }
  const { deciding, ...words } = explainRule(decision.rule, pdu)
  return {
    against,
    verdict: 'refused',
    reason: decision.reason,
    ...words,
    looked_at: [...used].map((one) => {
      const decides = one.stateKey !== undefined && deciding.includes(stateKeyOf(one.type, one.stateKey))
      return { ...referenceJson(rooms, one.eventId), decides }
    }),
    decides: [...used]
      .filter((one) => one.stateKey !== undefined && deciding.includes(stateKeyOf(one.type, one.stateKey)))
      .map((one) => one.eventId),
  }
}

/** A rule by its number, in words, with the page to read it on. `rule` as in `Decision`. */
export function explainRule(
  rule: string,
  pdu: Pdu,
): {
  rule: string
  rule_number?: string
  title?: string
  meaning?: string
  spec?: string
  deciding: string[]
} {
  const rules = roomVersionRules(pdu.roomVersion)
  const number = ruleNumberOf(rule)
  const words = number === undefined ? undefined : ruleWords(rules, number)
  if (number === undefined || words === undefined) return { rule, deciding: [] }
  return {
    rule,
    rule_number: number,
    title: words.title,
    meaning: words.meaning,
    spec: ruleLink(rules),
    deciding: decidingKeys(words, pdu),
  }
}

/** An event that another one names, as far as it is known here. */
export function referenceJson(rooms: InspectedRooms, eventId: EventId): JsonObject {
  const stored = rooms.getEvent(eventId)
  if (stored === undefined) return { event_id: eventId, status: 'missing' }
  const { pdu, status } = stored
  return {
    event_id: eventId,
    type: pdu.type,
    ...(pdu.stateKey === undefined ? {} : { state_key: pdu.stateKey }),
    sender: pdu.sender,
    room_id: pdu.roomId,
    status,
    ...(pdu.type === 'm.room.member' ? { membership: membershipOf(pdu) } : {}),
  }
}

function membershipOf(pdu: Pdu): string {
  const value = pdu.content['membership']
  return typeof value === 'string' ? value : ''
}
