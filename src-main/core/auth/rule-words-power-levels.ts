import type { RoomVersionRules } from '../room-versions.ts'
import { ruleNumbers } from './rule-numbers.ts'
import { words, type RuleEntry } from './rule-entry.ts'

/** The rule about `m.room.power_levels`; see `power-levels.ts` for how its steps are numbered. */
export function powerLevelRuleWords(rules: RoomVersionRules): RuleEntry[] {
  const { powerLevels: number } = ruleNumbers(rules)
  const first = rules.privilegedCreators ? 5 : rules.integerPowerLevels ? 4 : 2
  return [
    ...formatWords(rules, number),
    [
      `${number}.${first + 1}.1`,
      words(
        'Not above one’s own level',
        'A level that is higher than the sender’s own cannot be changed by the sender.',
        'power levels',
      ),
    ],
    [
      `${number}.${first + 1}.2`,
      words('Not above one’s own level', 'No level can be set higher than the sender’s own.', 'power levels'),
    ],
    [
      `${number}.${first + 2}.1`,
      words(
        'Not above one’s own level',
        'What an event or notification needs cannot be changed by who has less.',
        'power levels',
      ),
    ],
    [
      `${number}.${first + 3}.1`,
      words(
        'Not above one’s own level',
        'Nobody can ask for a level, for events or notifications, that is higher than their own.',
        'power levels',
      ),
    ],
    [
      `${number}.${first + 4}.1`,
      words(
        'Nobody demotes their equals',
        'The level of somebody with the same or a higher level cannot be changed by the sender.',
        'power levels',
      ),
    ],
    [
      `${number}.${first + 5}.1`,
      words(
        'Nobody promotes above themselves',
        'Nobody can be given a level higher than the sender’s own.',
        'power levels',
      ),
    ],
  ]
}

function formatWords(rules: RoomVersionRules, number: string): RuleEntry[] {
  const named = words(
    'Levels are whole numbers',
    'One of the named levels (users_default, ban, kick and so on) is not a number that this room version allows.',
  )
  const users = words(
    'Levels of people',
    'users must be an object of valid user ids, each with a whole number.',
  )
  if (!rules.integerPowerLevels) {
    return [
      [number, named],
      [`${number}.1`, users],
    ]
  }
  return [
    [`${number}.1`, named],
    [
      `${number}.2`,
      words('Levels are whole numbers', 'events and notifications must be objects of whole numbers.'),
    ],
    [`${number}.3`, users],
    ...(rules.privilegedCreators
      ? [
          [
            `${number}.4`,
            words(
              'Creators have no level',
              'Creators of the room stand above all levels, so users must not name one of them.',
              'create',
            ),
          ] as const,
        ]
      : []),
  ]
}
