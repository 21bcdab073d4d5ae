import type { RoomFacts } from '../client/types.ts'
import { levelAt, levelsIn, OWNER, PERMISSIONS, roleName, type LevelKey } from './power.ts'

export const levelsOf = (facts: RoomFacts) => levelsIn(facts.state['m.room.power_levels'])

/** Somebody's power; creators from version 12 on are above every number. */
export function powerOf(facts: RoomFacts, userId: string): number {
  if (facts.creators.includes(userId)) return Infinity
  // Without the event the creator has all the power ("Power levels", CS API).
  if (facts.state['m.room.power_levels'] === undefined && facts.createdBy?.userId === userId) return OWNER
  return levelAt(levelsOf(facts), `users:${userId}`)
}

export function maySet(facts: RoomFacts, userId: string, type: string): boolean {
  return powerOf(facts, userId) >= levelAt(levelsOf(facts), `events:${type}`)
}

/** Why somebody may not change this; undefined when they may. */
export function whyNotSet(facts: RoomFacts, userId: string, type: string): string | undefined {
  if (maySet(facts, userId, type)) return undefined
  const needed = levelAt(levelsOf(facts), `events:${type}`)
  return `Only ${holders(needed)} may change this. ${youAre(facts, userId)}`
}

/** Who has at least this power, as in "Only … may change this". */
export function holders(level: number): string {
  if (level <= 0) return 'everybody'
  if (level <= 50) return level === 50 ? 'moderators and owners' : `people with power level ${level} or more`
  return level === 100 ? 'owners' : `people with power level ${level} or more`
}

function youAre(facts: RoomFacts, userId: string): string {
  const power = powerOf(facts, userId)
  const role = roleName(power, levelsOf(facts).usersDefault)
  return role.startsWith('Power') ? `Yours is ${power}.` : `You are ${article(role)}.`
}

const article = (role: string): string =>
  `${/^[aeiou]/iu.test(role) ? 'an' : 'a'} ${role.charAt(0).toLowerCase()}${role.slice(1)}`

/**
 * Why this level may not be changed by this person (room versions, "Authorization rules", power levels): nobody
 * touches what is above them, nor somebody else who is level with them. Undefined when they may.
 */
export function whyNotLevel(facts: RoomFacts, me: string, key: LevelKey): string | undefined {
  const whom = key.startsWith('users:') ? key.slice('users:'.length) : undefined
  if (whom !== undefined && facts.creators.includes(whom))
    return 'Whoever created the room stays above everybody.'
  const general = whyNotSet(facts, me, 'm.room.power_levels')
  if (general !== undefined) return general
  const mine = powerOf(facts, me)
  const now = levelAt(levelsOf(facts), key)
  if (whom !== undefined && whom !== me && now >= mine) return 'They have as much power as you.'
  return now > mine ? 'This is set above your own power.' : undefined
}

/** Would this be for good? Nobody gives power back to themselves, nor takes it from who has as much as they. */
export function cannotTakeBack(facts: RoomFacts, me: string, whom: string, level: number): boolean {
  const mine = powerOf(facts, me)
  if (level === levelAt(levelsOf(facts), `users:${whom}`)) return false
  return whom === me ? level < mine : level >= mine
}

/** Those whose power is that of everybody, and changes with it. */
export function withoutRole<T extends { readonly userId: string }>(
  facts: RoomFacts,
  people: readonly T[],
): readonly T[] {
  const { users } = levelsOf(facts)
  return people.filter(({ userId }) => users[userId] === undefined && !facts.creators.includes(userId))
}

/** What to know before everybody without a role has this power; undefined when it is nothing of note. */
export function consequenceOfDefault(facts: RoomFacts, me: string, level: number): string | undefined {
  const before = levelsOf(facts).usersDefault
  if (level === before) return undefined
  if (level < before && losesByDefault(facts, me, level)) return consequenceOfRole(facts, me, me, level)
  if (level < levelsOf(facts).eventsDefault) return 'Whoever has no role will only be able to read.'
  const gained = gainedBetween(facts, before, level)
  if (gained === '') return undefined
  const takeOver = level >= levelAt(levelsOf(facts), 'events:m.room.power_levels')
  return `Whoever is in the room, or comes in, will be able to ${gained}.${takeOver ? ' Every member could take the room over.' : ''}`
}

/** Is the own power that of everybody, and would it become less? */
export function losesByDefault(facts: RoomFacts, me: string, level: number): boolean {
  return withoutRole(facts, [{ userId: me }]).length > 0 && level < powerOf(facts, me)
}

/** What to know before somebody gets this power; undefined when it is nothing of note. */
export function consequenceOfRole(
  facts: RoomFacts,
  me: string,
  whom: string,
  level: number,
): string | undefined {
  const mine = powerOf(facts, me)
  const before = levelAt(levelsOf(facts), `users:${whom}`)
  if (level === before) return undefined
  if (whom === me) {
    if (level >= mine) return undefined
    return isLastWithPower(facts, me)
      ? 'You cannot take this back, and nobody is left who can change roles and settings.'
      : 'You cannot take this back: only somebody with more power can give it to you again.'
  }
  const gained = gainedBetween(facts, before, level)
  const may = gained.length === 0 ? '' : `They will be able to ${gained}. `
  if (level >= mine) return `${may}You cannot take this back: they will have the same power as you.`
  if (level < before) {
    const needed = levelsOf(facts).eventsDefault
    return level < needed ? 'They will only be able to read.' : undefined
  }
  return may === '' ? undefined : may.trim()
}

/** What weighs most is named first, of the rest only that there is some. */
const WEIGHTY = ['events:m.room.power_levels', 'kick', 'ban', 'redact']

function gainedBetween(facts: RoomFacts, before: number, level: number): string {
  const gained = PERMISSIONS.filter((each) => {
    const needed = levelAt(levelsOf(facts), each.key)
    return each.key !== 'state_default' && needed > before && needed <= level
  })
  const rank = (key: string): number => (WEIGHTY.includes(key) ? WEIGHTY.indexOf(key) : WEIGHTY.length)
  const words = gained.toSorted((a, b) => rank(a.key) - rank(b.key)).map((each) => each.infinitive)
  return words.length <= 5
    ? new Intl.ListFormat('en').format(words)
    : `${words.slice(0, 4).join(', ')}, and ${words.length - 4} things more`
}

export function consequenceOfRight(facts: RoomFacts, key: LevelKey, level: number): string | undefined {
  const members = levelsOf(facts).usersDefault
  if (key === 'events_default' && level > members)
    return 'Members only read; those with a role write. Good for announcements.'
  return level <= members ? FOR_EVERYBODY[key] : undefined
}

/** What a right means once everybody has it. */
const FOR_EVERYBODY: Readonly<Record<LevelKey, string>> = {
  'events:m.room.power_levels': 'Every member could take the room over.',
  kick: 'Every member could remove others of less power than theirs.',
  ban: 'Every member could ban others of less power than theirs.',
  redact: 'Every member could delete what others wrote, for everybody.',
  'events:m.room.server_acl': 'Every member could shut out servers.',
  'events:m.room.policy': 'Every member could choose a server that decides what may be said here.',
  'events:m.room.join_rules': 'Every member could open the room to anybody, or close it.',
  'events:m.room.history_visibility': 'Every member could open to anybody what is written from then on.',
  'events:m.room.encryption': 'Every member could turn on encryption, which can never be turned off again.',
  'events:m.room.tombstone': 'Every member could close the room and send everybody to another one.',
  state_default: 'Every member could change whatever has no row of its own here.',
}

/** May this person be removed or banned? Whoever does must have more power than they. */
export function mayModerate(facts: RoomFacts, me: string, whom: string, how: 'kick' | 'ban'): boolean {
  const mine = powerOf(facts, me)
  return whom !== me && mine >= levelsOf(facts)[how] && mine > powerOf(facts, whom)
}

/** Would nobody be left who can change roles, if this person gave up theirs? */
export function isLastWithPower(facts: RoomFacts, userId: string, present?: ReadonlySet<string>): boolean {
  const needed = levelAt(levelsOf(facts), 'events:m.room.power_levels')
  if (powerOf(facts, userId) < needed) return false
  const others = [...Object.keys(levelsOf(facts).users), ...facts.creators].filter(
    (each) => each !== userId && (present?.has(each) ?? true),
  )
  return levelsOf(facts).usersDefault < needed && others.every((each) => powerOf(facts, each) < needed)
}
