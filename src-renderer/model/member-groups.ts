import type { Member, Outsider, Person, RoomFacts } from '../client/types.ts'
import { roleName } from './power.ts'
import { levelsOf } from './room-rights.ts'
import { plural } from './text.ts'

/** Where somebody stands to a room: in it, by role, or outside. */
export type MemberRow =
  | { readonly kind: 'heading'; readonly key: string; readonly title: string; readonly count: number }
  | { readonly kind: 'person'; readonly key: string; readonly person: Member | Outsider }

/** Marks and capitals do not matter. */
const plain = (text: string): string => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()

/** Those whose name or id has all the words; names that begin with the search come first. */
export function findPeople<T extends Person>(people: readonly T[], search: string): readonly T[] {
  const words = plain(search).split(/\s+/u).filter(Boolean)
  if (words.length === 0) return people
  const found = people.filter((each) => {
    const text = `${plain(each.name)} ${each.userId.toLowerCase()}`
    return words.every((word) => text.includes(word))
  })
  const [first = ''] = words
  const begins = (each: T): number => Number(plain(each.name).startsWith(first))
  return found.toSorted((a, b) => begins(b) - begins(a))
}

/** Who asks to join comes first, as somebody has to answer them; then the roles, the invited and the banned. */
export function memberRows(
  members: readonly Member[],
  facts: RoomFacts | undefined,
  search: string,
): readonly MemberRow[] {
  const usersDefault = facts === undefined ? 0 : levelsOf(facts).usersDefault
  const joined = findPeople(
    members.filter((each) => each.membership === 'join'),
    search,
  )
  const byRole = new Map<number, Member[]>()
  for (const each of joined) {
    const level = groupLevel(each.powerLevel, usersDefault)
    const group = byRole.get(level)
    if (group === undefined) byRole.set(level, [each])
    else group.push(each)
  }
  const roles = [...byRole].toSorted(([a], [b]) => b - a)
  return [
    ...group('Asking to join', findPeople(facts?.knocking ?? [], search), false),
    ...roles.flatMap(([level, people]) => group(groupTitle(level, usersDefault), people, search === '')),
    ...group(
      'Invited',
      findPeople(
        members.filter((each) => each.membership === 'invite'),
        search,
      ),
      search === '',
    ),
    ...group('Banned', findPeople(facts?.banned ?? [], search), search === ''),
  ]
}

/** All owners stand together, whatever their number; so do all with a level of their own below moderators. */
function groupLevel(level: number, usersDefault: number): number {
  if (level === Infinity || level === usersDefault) return level
  if (level >= 100) return 100
  return level >= 50 ? 50 : level
}

function groupTitle(level: number, usersDefault: number): string {
  const name = roleName(level, usersDefault)
  return name.startsWith('Power') ? name : `${name}s`
}

function group(title: string, people: readonly (Member | Outsider)[], byName: boolean): readonly MemberRow[] {
  if (people.length === 0) return []
  const sorted = byName ? people.toSorted((a, b) => a.name.localeCompare(b.name)) : people
  return [
    { kind: 'heading', key: `heading ${title}`, title, count: people.length },
    ...sorted.map((person): MemberRow => ({ kind: 'person', key: person.userId, person })),
  ]
}

/** What the button is called behind which everybody is, and those who ask to join first. */
export function membersLabel(asking: number): string {
  if (asking === 0) return 'Members'
  return `Members, ${asking} ${asking === 1 ? 'asks' : 'ask'} to join`
}

/** "Ada asks to join", "Ada and 2 others ask to join". */
export function describeKnocks(knocking: readonly Outsider[]): string | undefined {
  const [first] = knocking
  if (first === undefined) return undefined
  if (knocking.length > 1) return `${first.name} and ${plural(knocking.length - 1, 'other')} ask to join`
  return `${first.name} asks to join${first.reason === undefined ? '' : `: “${first.reason.slice(0, 120)}”`}`
}
