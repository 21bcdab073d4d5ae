/**
 * Authorisation rules of all room versions ("Authorisation rules" on each page). The pages number the
 * same rules differently: `auth/rule-numbers.ts` knows how. Nothing here throws for bad input.
 */
import { checkAliases } from './auth/aliases.ts'
import { type AuthContext, reject, type StateLookup } from './auth/context.ts'
import { checkCreate } from './auth/create.ts'
import { checkMember } from './auth/member.ts'
import { checkPowerLevels } from './auth/power-levels.ts'
import { ruleNumbers } from './auth/rule-numbers.ts'
import { serverNameOf } from './ids.ts'
import { own } from './json.ts'
import { membershipOf } from './membership.ts'
import { createEventIdOf } from './pdu.ts'
import { powerLevelsOf } from './power-levels.ts'
import type { RoomVersionRules } from './room-versions.ts'
import type { Decision, Pdu } from './types.ts'

export { checkAuthEventsList } from './auth/auth-events-list.ts'
export { authStateKeysFor, type AuthSelectionInput } from './auth/selection.ts'
export { redactionApplies } from './auth/redaction.ts'
export type { StateLookup } from './auth/context.ts'

const accept: Decision = { verdict: 'accept' }

/**
 * Whether `pdu` is allowed in the state that `getState` looks up: that of its auth events, the state
 * before it, or the room's current state. The rules about the list of auth events itself are in
 * `checkAuthEventsList`; signatures are for the caller to verify (`requiredSigners`).
 *
 * Rule numbers in the comments are those of version 11.
 */
export function checkAuthRules(pdu: Pdu, rules: RoomVersionRules, getState: StateLookup): Decision {
  const numbers = ruleNumbers(rules)
  const create = getState('m.room.create', '')

  // 1. If type is m.room.create
  if (pdu.type === 'm.room.create') {
    // Not on the page: without this, the room's own server could add further, parentless create events.
    if (create !== undefined && create.eventId !== pdu.eventId) {
      return reject(rules, '1', 'the room has been created already')
    }
    return checkCreate(pdu, rules)
  }

  // 2.4 There must be a create event. v12, rule 2: it must be the one that the room id names.
  if (create === undefined) return reject(rules, numbers.noCreate, 'there is no create event')
  if (rules.roomIdIsCreateHash && create.eventId !== createEventIdOf(pdu.roomId)) {
    return reject(rules, numbers.noCreate, 'the room id does not name the create event')
  }
  if (create.roomId !== pdu.roomId) {
    return reject(rules, numbers.otherRoom, 'the create event belongs to another room')
  }

  // 3. m.federate
  if (
    own(create.content, 'm.federate') === false &&
    serverNameOf(pdu.sender) !== serverNameOf(create.sender)
  ) {
    return reject(rules, numbers.federate, 'the room does not federate')
  }

  // v1 to v5, rule 4. m.room.aliases
  if (rules.specialAliases && pdu.type === 'm.room.aliases') return checkAliases(pdu, rules)

  const levels = powerLevelsOf(getState('m.room.power_levels', '')?.content, create, rules)
  const context: AuthContext = { pdu, rules, numbers, getState, create, levels }

  // 4. m.room.member
  if (pdu.type === 'm.room.member') return checkMember(context)

  // 5. The sender must be joined.
  if (membershipOf(getState('m.room.member', pdu.sender)) !== 'join') {
    return reject(rules, numbers.notJoined, `${pdu.sender} is not joined`)
  }

  const senderLevel = levels.userLevel(pdu.sender)

  // 6. m.room.third_party_invite
  if (pdu.type === 'm.room.third_party_invite') {
    return senderLevel >= levels.invite
      ? accept
      : reject(rules, `${numbers.thirdPartyInvite}.1`, `${pdu.sender} may not invite`)
  }

  // 7. Required power level
  const required = levels.eventLevel(pdu.type, pdu.stateKey !== undefined)
  if (required > senderLevel) {
    return reject(
      rules,
      numbers.requiredLevel,
      `${pdu.type} needs power level ${required}, and ${pdu.sender} has ${senderLevel}`,
    )
  }

  // 8. State keys that are user ids
  if (pdu.stateKey?.startsWith('@') === true && pdu.stateKey !== pdu.sender) {
    return reject(rules, numbers.userStateKey, 'the state key is the id of another user')
  }

  // 9. m.room.power_levels
  if (pdu.type === 'm.room.power_levels') return checkPowerLevels(context)

  // v1 and v2, rule 11. m.room.redaction
  if (rules.redactionAuthRule && pdu.type === 'm.room.redaction') return checkRedaction(context)

  // 10. Otherwise, allow.
  return accept
}

/** Versions 1 and 2, rule 11. */
function checkRedaction({ pdu, rules, numbers, levels }: AuthContext): Decision {
  // 11.1
  if (levels.userLevel(pdu.sender) >= levels.redact) return accept
  // 11.2 Of the event ids, not of the senders.
  if (pdu.redacts !== undefined && serverNameOf(pdu.redacts) === serverNameOf(pdu.eventId)) return accept
  // 11.3
  return reject(rules, `${numbers.redaction}.3`, `${pdu.sender} may not redact events of other servers`)
}
