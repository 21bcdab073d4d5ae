import type { RoomVersionRules } from '../room-versions.ts'

/** What a rule is called on the page of its room version, so that a refusal can be looked up there. */
export interface RuleNumbers {
  readonly authEvents: string
  readonly noCreate: string
  readonly otherRoom: string
  readonly federate: string
  readonly aliases: string
  readonly member: string
  readonly join: string
  readonly invite: string
  readonly leave: string
  readonly ban: string
  readonly knock: string
  readonly unknownMembership: string
  readonly notJoined: string
  readonly thirdPartyInvite: string
  readonly requiredLevel: string
  readonly userStateKey: string
  readonly powerLevels: string
  readonly redaction: string
}

export function ruleNumbers(rules: RoomVersionRules): RuleNumbers {
  // v12 has a rule about the room id as its second; v1 to v5 have one about aliases as their fourth.
  const afterFirst = rules.roomIdIsCreateHash ? 1 : 0
  const afterThird = rules.roomIdIsCreateHash || rules.specialAliases ? 1 : 0
  const authEvents = String(2 + afterFirst)
  const member = String(4 + afterThird)
  // v8 put a rule about the authorising server before the memberships.
  const membership = (n: number) => `${member}.${n + (rules.restrictedJoin ? 1 : 0)}`
  return {
    authEvents,
    noCreate: rules.roomIdIsCreateHash ? '2' : `${authEvents}.4`,
    otherRoom: `${authEvents}.5`,
    federate: String(3 + afterFirst),
    aliases: '4',
    member,
    join: membership(2),
    invite: membership(3),
    leave: membership(4),
    ban: membership(5),
    knock: membership(6),
    unknownMembership: membership(rules.knock ? 7 : 6),
    notJoined: String(5 + afterThird),
    thirdPartyInvite: String(6 + afterThird),
    requiredLevel: String(7 + afterThird),
    userStateKey: String(8 + afterThird),
    powerLevels: String(9 + afterThird),
    redaction: '11',
  }
}
