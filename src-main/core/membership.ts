/** Memberships and join rules, as the content of events has them. */
import { parseRoomId } from './ids.ts'
import { own, ownString } from './json.ts'
import type { RoomVersionRules } from './room-versions.ts'
import type { JsonObject, Pdu, RoomId } from './types.ts'

/** `membership` of a member event; `leave` for a user who has none. */
export function membershipOf(member: Pdu | undefined): string {
  return ownString(member?.content, 'membership') ?? 'leave'
}

/** A room without join rules can be joined by invite only. */
export function joinRuleOf(joinRules: JsonObject | undefined): string {
  return ownString(joinRules, 'join_rule') ?? 'invite'
}

/** Whether members of other rooms may join by this rule (client-server, "Restricted rooms"). */
export function isRestrictedJoinRule(joinRule: string, rules: RoomVersionRules): boolean {
  return (
    (rules.restrictedJoin && joinRule === 'restricted') ||
    (rules.knockRestricted && joinRule === 'knock_restricted')
  )
}

export function isKnockJoinRule(joinRule: string, rules: RoomVersionRules): boolean {
  return (rules.knock && joinRule === 'knock') || (rules.knockRestricted && joinRule === 'knock_restricted')
}

/** The rooms whose members may join (conditions of type `m.room_membership`); unknown conditions are ignored. */
export function restrictedAllowRooms(joinRules: JsonObject | undefined): RoomId[] {
  const allow = own(joinRules, 'allow')
  if (!Array.isArray(allow)) return []
  return allow
    .filter((condition) => ownString(condition, 'type') === 'm.room_membership')
    .map((condition) => parseRoomId(own(condition, 'room_id')))
    .filter((roomId) => roomId !== undefined)
}
