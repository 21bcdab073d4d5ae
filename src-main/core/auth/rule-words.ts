/** The auth rules in plain words, by the number that each has on the page of its room version. */
import { own, ownString } from '../json.ts'
import type { RoomVersionRules } from '../room-versions.ts'
import { stateKeyOf, type Pdu, type StateMapKey } from '../types.ts'
import { words, type Deciding, type RuleEntry, type RuleWords } from './rule-entry.ts'
import { memberRuleWords } from './rule-words-member.ts'
import { powerLevelRuleWords } from './rule-words-power-levels.ts'
import { ruleNumbers } from './rule-numbers.ts'

export type { RuleWords } from './rule-entry.ts'

const tables = new Map<string, ReadonlyMap<string, RuleWords>>()

/** Undefined for a number that no refusal can have in this room version. */
export function ruleWords(rules: RoomVersionRules, number: string): RuleWords | undefined {
  return allRuleWords(rules).get(number)
}

/** Every rule of a room version that can refuse an event, by its number. */
export function allRuleWords(rules: RoomVersionRules): ReadonlyMap<string, RuleWords> {
  let table = tables.get(rules.id)
  if (table === undefined) {
    table = new Map([...generalWords(rules), ...memberRuleWords(rules), ...powerLevelRuleWords(rules)])
    tables.set(rules.id, table)
  }
  return table
}

/** The number in `v11 auth rule 4.3.7`; undefined for what is no auth rule. */
export function ruleNumberOf(rule: string): string | undefined {
  return /^v\d+ auth rule ([\d.]+)$/.exec(rule)?.[1]
}

/** Where the rules of a room version are written. */
export function ruleLink(rules: RoomVersionRules): string {
  return `https://spec.matrix.org/v1.18/rooms/v${rules.id}/#authorisation-rules`
}

/** The entries of the state that decide about this event by such a rule. */
export function decidingKeys(words: RuleWords, pdu: Pdu): StateMapKey[] {
  return words.decides.flatMap((what) => keyOf(what, pdu) ?? [])
}

function keyOf(what: Deciding, pdu: Pdu): StateMapKey | undefined {
  const member = (user: string | undefined) =>
    user === undefined ? undefined : stateKeyOf('m.room.member', user)
  switch (what) {
    case 'create':
      return stateKeyOf('m.room.create', '')
    case 'power levels':
      return stateKeyOf('m.room.power_levels', '')
    case 'join rules':
      return stateKeyOf('m.room.join_rules', '')
    case 'sender':
      return member(pdu.sender)
    case 'target':
      return member(pdu.stateKey)
    case 'authoriser':
      return member(ownString(pdu.content, 'join_authorised_via_users_server'))
    case 'third-party invite': {
      const token = ownString(own(own(pdu.content, 'third_party_invite'), 'signed'), 'token')
      return token === undefined ? undefined : stateKeyOf('m.room.third_party_invite', token)
    }
  }
}

function generalWords(rules: RoomVersionRules): RuleEntry[] {
  const n = ruleNumbers(rules)
  return [...createWords(rules), ...authEventsWords(rules), ...aliasWords(rules), ...commonWords(n, rules)]
}

function createWords(rules: RoomVersionRules): RuleEntry[] {
  const entries: RuleEntry[] = [
    [
      '1',
      words(
        'A room is created once',
        'A room begins with its one m.room.create event. This is another one, for a room that exists.',
        'create',
      ),
    ],
    [
      '1.1',
      words(
        'Nothing comes before the creation',
        'The m.room.create event is the first of its room, so it must not name previous events.',
      ),
    ],
    rules.roomIdIsCreateHash
      ? [
          '1.2',
          words(
            'The creation names no room',
            'The id of the room is computed from its m.room.create event, so that event must not carry a room id.',
          ),
        ]
      : [
          '1.2',
          words(
            'Only the room’s own server creates it',
            'The room id ends in the name of a server, and the creator must be of that server.',
          ),
        ],
    [
      '1.3',
      words(
        'The room version must be known',
        'The m.room.create event names a room version that this server does not know, so it cannot know the rules.',
      ),
    ],
  ]
  if (!rules.creatorIsSender)
    entries.push([
      '1.4',
      words('A room has a creator', 'The content of the m.room.create event must name the creator.'),
    ])
  if (rules.privilegedCreators)
    entries.push([
      '1.4',
      words(
        'Further creators are user ids',
        'additional_creators in the m.room.create event must be a list of valid user ids.',
      ),
    ])
  return entries
}

function authEventsWords(rules: RoomVersionRules): RuleEntry[] {
  const n = ruleNumbers(rules)
  return [
    [
      `${n.authEvents}.1`,
      words(
        'No two auth events for one thing',
        'An event cites the state that allows it, each entry once. This one cites two events for the same entry.',
      ),
    ],
    [
      `${n.authEvents}.2`,
      words(
        'Only auth events that are needed',
        'Which state an event has to cite depends on its type. This one cites an event that does not belong there.',
      ),
    ],
    [
      `${n.authEvents}.3`,
      words(
        'What it rests on was refused',
        'An event that cites a rejected event as its authority is itself rejected.',
      ),
    ],
    [
      n.noCreate,
      rules.roomIdIsCreateHash
        ? words(
            'The room must exist',
            'The room id is computed from the m.room.create event. That event is not here, or was itself refused.',
            'create',
          )
        : words(
            'Every event rests on the creation',
            'An event must cite the m.room.create event of its room among its auth events.',
            'create',
          ),
    ],
    [
      n.otherRoom,
      words(
        'Authority of this room only',
        'An event of one room cites an event of another: power in one room is none in another.',
      ),
    ],
  ]
}

function aliasWords(rules: RoomVersionRules): RuleEntry[] {
  const n = ruleNumbers(rules)
  if (!rules.specialAliases) return []
  return [
    [`${n.aliases}.1`, words('Aliases are state', 'An m.room.aliases event must have a state key.')],
    [
      `${n.aliases}.2`,
      words(
        'Aliases of one’s own server',
        'The state key of an m.room.aliases event must be the sender’s server: a server speaks for its own aliases only.',
      ),
    ],
  ]
}

function commonWords(n: ReturnType<typeof ruleNumbers>, rules: RoomVersionRules): RuleEntry[] {
  const entries: RuleEntry[] = [
    [
      n.federate,
      words(
        'The room does not federate',
        'Its creator made the room for people of one server only, and the sender is of another.',
        'create',
      ),
    ],
    [
      n.notJoined,
      words(
        'Only members may send',
        'Whoever sends an event must be joined to the room. The sender had not joined, had left, or was removed.',
        'sender',
      ),
    ],
    [
      `${n.thirdPartyInvite}.1`,
      words(
        'Who may invite',
        'Inviting somebody by e-mail or phone number needs the power level for invites.',
        'power levels',
      ),
    ],
    [
      n.requiredLevel,
      words(
        'Power level too low',
        'The room asks for a power level for events of this type, and the sender has less.',
        'power levels',
      ),
    ],
    [
      n.userStateKey,
      words(
        'State that belongs to somebody else',
        'State whose key is a user id may be set by that user only.',
      ),
    ],
  ]
  if (rules.redactionAuthRule)
    entries.push([
      `${n.redaction}.3`,
      words(
        'Who may delete',
        'Deleting an event of another server needs the power level for redactions.',
        'power levels',
      ),
    ])
  return entries
}
