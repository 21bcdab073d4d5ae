import { isUserId } from '../ids.ts'
import { isObject, own } from '../json.ts'
import { creatorsOf, levelEntries, parseLevel } from '../power-levels.ts'
import type { RoomVersionRules } from '../room-versions.ts'
import type { Decision, Json, JsonObject } from '../types.ts'
import { accept, type AuthContext, reject } from './context.ts'

const namedLevels = [
  'users_default',
  'events_default',
  'state_default',
  'ban',
  'redact',
  'kick',
  'invite',
] as const

/**
 * The rule about `m.room.power_levels`: 9 in versions 6 to 11, else 10. Its last steps are the same in
 * every version; version 10 put two steps before them, version 12 a third. Numbers are those of version 12.
 */
export function checkPowerLevels(context: AuthContext): Decision {
  const { pdu, rules, numbers, getState } = context
  const number = numbers.powerLevels
  const { content } = pdu
  const malformed = checkFormat(content, context)
  if (malformed !== undefined) return malformed

  // 10.4, from version 12 on
  if (rules.privilegedCreators) {
    for (const creator of creatorsOf(context.create, rules)) {
      if (own(own(content, 'users'), creator) !== undefined) {
        return reject(rules, `${number}.4`, `users names the creator ${creator}`)
      }
    }
  }
  // 10.5
  const previous = getState('m.room.power_levels', '')?.content
  if (previous === undefined) return accept
  return checkChanges(previous, content, context) ?? accept
}

/** 10.1 to 10.3; before version 10 only the last, and malformed values of the others are merely refused. */
function checkFormat(content: JsonObject, { rules, numbers }: AuthContext): Decision | undefined {
  const number = numbers.powerLevels
  const step = (n: number) => (rules.integerPowerLevels ? `${number}.${n}` : number)
  // 10.1
  for (const key of namedLevels) {
    if (!isLevelOrAbsent(own(content, key), rules)) {
      return reject(rules, step(1), `${key} is not an integer`)
    }
  }
  // 10.2
  for (const key of ['events', 'notifications'] as const) {
    const map = own(content, key)
    const checked = rules.integerPowerLevels || (key === 'events' && isObject(map))
    if (checked && map !== undefined && !isLevelMap(map, rules)) {
      return reject(rules, step(2), `${key} is not an object of integers`)
    }
  }
  // 10.3
  const users = own(content, 'users')
  if (users !== undefined && !(isLevelMap(users, rules) && Object.keys(users).every(isUserId))) {
    const usersStep = rules.integerPowerLevels ? 3 : 1
    return reject(rules, `${number}.${usersStep}`, 'users is not an object of user ids with integers')
  }
  return undefined
}

/** Before version 10 no rule asks for the format, and `null` counts as absent. */
function isLevelOrAbsent(value: Json | undefined, rules: RoomVersionRules): boolean {
  if (value === undefined || (value === null && !rules.integerPowerLevels)) return true
  return parseLevel(value, rules) !== undefined
}

function isLevelMap(map: Json, rules: RoomVersionRules): map is JsonObject {
  return isObject(map) && Object.values(map).every((value) => parseLevel(value, rules) !== undefined)
}

/** 10.6 to 10.10: nobody may raise, or take from others, more than they have. */
function checkChanges(before: JsonObject, after: JsonObject, context: AuthContext): Decision | undefined {
  const { pdu, rules, numbers, levels } = context
  const senderLevel = levels.userLevel(pdu.sender)
  // The step of "no previous event"; the changes follow it.
  const first = rules.privilegedCreators ? 5 : rules.integerPowerLevels ? 4 : 2
  const refuse = (step: string, what: string) =>
    reject(
      rules,
      `${numbers.powerLevels}.${step}`,
      `${pdu.sender} has ${senderLevel}, too little to change ${what}`,
    )

  // 10.6
  for (const key of namedLevels) {
    const old = parseLevel(own(before, key), rules)
    const now = parseLevel(own(after, key), rules)
    if (old === now) continue
    // 10.6.1
    if (old !== undefined && old > senderLevel) return refuse(`${first + 1}.1`, key)
    // 10.6.2
    if (now !== undefined && now > senderLevel) return refuse(`${first + 1}.2`, key)
  }

  for (const key of rules.notificationLevels ? ['events', 'notifications'] : ['events']) {
    for (const { name, old, now } of changes(own(before, key), own(after, key), rules)) {
      // 10.7
      if (old !== undefined && old > senderLevel) return refuse(`${first + 2}.1`, `${key} ${name}`)
      // 10.8
      if (now !== undefined && now > senderLevel) return refuse(`${first + 3}.1`, `${key} ${name}`)
    }
  }

  for (const { name, old, now } of changes(own(before, 'users'), own(after, 'users'), rules)) {
    // 10.9
    if (name !== pdu.sender && old !== undefined && old >= senderLevel) return refuse(`${first + 4}.1`, name)
    // 10.10
    if (now !== undefined && now > senderLevel) return refuse(`${first + 5}.1`, name)
  }
  return undefined
}

function changes(
  before: Json | undefined,
  after: Json | undefined,
  rules: RoomVersionRules,
): { name: string; old: number | undefined; now: number | undefined }[] {
  const old = levelEntries(before, rules)
  const now = levelEntries(after, rules)
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((name) => ({ name, old: old.get(name), now: now.get(name) }))
    .filter((entry) => entry.old !== entry.now)
}
