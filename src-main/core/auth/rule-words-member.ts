import type { RoomVersionRules } from '../room-versions.ts'
import { ruleNumbers } from './rule-numbers.ts'
import { words, type RuleEntry } from './rule-entry.ts'

/** The rules about `m.room.member`: who may come, be invited, go, be sent away and knock. */
export function memberRuleWords(rules: RoomVersionRules): RuleEntry[] {
  const n = ruleNumbers(rules)
  return [
    [
      `${n.member}.1`,
      words(
        'Whose membership, and which',
        'An m.room.member event needs a state key (whose membership it is) and a membership.',
      ),
    ],
    ...(rules.restrictedJoin
      ? [
          [
            `${n.member}.2.1`,
            words(
              'Who authorised the join',
              'join_authorised_via_users_server must be a valid user id, and that user’s server must have signed the event.',
            ),
          ] as const,
        ]
      : []),
    ...joinWords(rules),
    ...inviteWords(rules),
    ...leaveWords(rules),
    ...(rules.knock ? knockWords(rules) : []),
    [
      n.unknownMembership,
      words('Unknown membership', 'The membership is none that this room version knows.'),
    ],
  ]
}

function joinWords(rules: RoomVersionRules): RuleEntry[] {
  const { join } = ruleNumbers(rules)
  const last = rules.restrictedJoin ? 7 : 6
  return [
    [`${join}.2`, words('Everybody joins for themselves', 'Nobody can join in another person’s name.')],
    [`${join}.3`, words('Banned', 'Who is banned from a room cannot join it.', 'target')],
    ...(rules.restrictedJoin
      ? [
          [
            `${join}.5.2`,
            words(
              'The join was not authorised',
              'Members of certain other rooms may join this one. A joined member who may invite has to authorise that, and none did.',
              'join rules',
              'authoriser',
              'power levels',
            ),
          ] as const,
        ]
      : []),
    [
      `${join}.${last}`,
      words(
        'Not invited, and the room is not public',
        'The join rules let in only those who were invited. There was no invite, or it was withdrawn.',
        'join rules',
        'target',
      ),
    ],
  ]
}

function inviteWords(rules: RoomVersionRules): RuleEntry[] {
  const { invite } = ruleNumbers(rules)
  const third = `${invite}.1`
  return [
    [`${third}.1`, words('Banned', 'Somebody who is banned cannot be invited.', 'target')],
    [
      `${third}.2`,
      words('The invite was not signed', 'The part of a third-party invite that is signed is missing.'),
    ],
    [
      `${third}.3`,
      words(
        'The signed part is incomplete',
        'The signed part of a third-party invite must say for whom it is (mxid) and which invite it answers (token).',
      ),
    ],
    [
      `${third}.4`,
      words('The invite is for somebody else', 'The signed part names another user than the one invited.'),
    ],
    [
      `${third}.5`,
      words(
        'No such third-party invite',
        'The room has no m.room.third_party_invite with this token: it was withdrawn or never made.',
        'third-party invite',
      ),
    ],
    [
      `${third}.6`,
      words(
        'Only who offered it',
        'A third-party invite is completed in the name of whoever made it.',
        'third-party invite',
      ),
    ],
    [
      `${third}.8`,
      words(
        'The third-party signature does not hold',
        'None of the keys that the room names for this invite has signed it.',
        'third-party invite',
      ),
    ],
    [`${invite}.2`, words('Only members invite', 'Whoever invites must be joined to the room.', 'sender')],
    [
      `${invite}.3`,
      words(
        'Cannot be invited',
        'Somebody who is in the room already, or is banned, cannot be invited.',
        'target',
      ),
    ],
    [`${invite}.5`, words('Who may invite', 'Inviting needs the power level for invites.', 'power levels')],
  ]
}

function leaveWords(rules: RoomVersionRules): RuleEntry[] {
  const { leave, ban } = ruleNumbers(rules)
  return [
    [
      `${leave}.1`,
      words(
        'Only who is there can leave',
        'To leave, or to decline, one must be joined, invited or knocking.',
        'target',
      ),
    ],
    [
      `${leave}.2`,
      words('Only members remove others', 'Whoever removes somebody must be joined to the room.', 'sender'),
    ],
    [
      `${leave}.3`,
      words('Who may lift a ban', 'Lifting a ban needs the power level for bans.', 'target', 'power levels'),
    ],
    [
      `${leave}.5`,
      words(
        'Who may remove whom',
        'Removing somebody needs the power level for that, and a higher one than theirs.',
        'power levels',
      ),
    ],
    [`${ban}.1`, words('Only members ban', 'Whoever bans somebody must be joined to the room.', 'sender')],
    [
      `${ban}.3`,
      words(
        'Who may ban whom',
        'Banning somebody needs the power level for that, and a higher one than theirs.',
        'power levels',
      ),
    ],
  ]
}

function knockWords(rules: RoomVersionRules): RuleEntry[] {
  const { knock } = ruleNumbers(rules)
  return [
    [
      `${knock}.1`,
      words('Nobody can knock here', 'The join rules of the room allow no knocking.', 'join rules'),
    ],
    [`${knock}.2`, words('Everybody knocks for themselves', 'Nobody can knock in another person’s name.')],
    [
      `${knock}.4`,
      words('No need, or no right, to knock', 'Who is joined, invited or banned cannot knock.', 'target'),
    ],
  ]
}
