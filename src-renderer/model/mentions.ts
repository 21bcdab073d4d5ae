import type { Person } from '../client/types.ts'
import { fold } from './mark-words.ts'

/** Somebody who was named in a text by choosing them from the list. */
export interface Mention {
  /** What stands in the text: `@` and the name. */
  readonly token: string
  readonly userId: string
  readonly name: string
}

const MOST_SHOWN = 8

export function mentionOf(person: Person): Mention {
  return { token: `@${person.name}`, userId: person.userId, name: person.name }
}

/** Taking a name out of the text takes the mention back. */
export function keepMentions(text: string, mentions: readonly Mention[]): readonly Mention[] {
  const kept = mentions.filter((mention) => text.includes(mention.token))
  return kept.length === mentions.length ? mentions : kept
}

export function addMention(mentions: readonly Mention[], mention: Mention): readonly Mention[] {
  return [...mentions.filter((each) => each.token !== mention.token), mention]
}

/**
 * People whose name fits what was typed, whatever its case and accents: those whose name begins with it,
 * then whose later words do, then those where its letters come in order. Among equals, whoever spoke last.
 */
export function suggestPeople<T extends Person>(
  people: readonly T[],
  query: string,
  recent: readonly string[],
): T[] {
  const wanted = fold(query)
  const spokeAt = new Map(recent.map((userId, index) => [userId, index]))
  return people
    .map((person) => ({ person, fit: fitOf(person, wanted), spoke: spokeAt.get(person.userId) ?? -1 }))
    .filter((each) => each.fit !== undefined)
    .toSorted(
      (a, b) =>
        (a.fit ?? 0) - (b.fit ?? 0) || b.spoke - a.spoke || a.person.name.localeCompare(b.person.name),
    )
    .slice(0, MOST_SHOWN)
    .map((each) => each.person)
}

/** Lower is better; undefined for no fit. */
function fitOf(person: Person, wanted: string): number | undefined {
  if (wanted === '') return 0
  const name = fold(person.name)
  if (name.startsWith(wanted)) return 0
  if (name.split(/[\s(._-]+/u).some((word) => word.startsWith(wanted))) return 1
  if (fold(person.userId).slice(1).startsWith(wanted)) return 2
  if (wanted.length > 1 && name.includes(wanted)) return 3
  return wanted.length > 2 && hasInOrder(name, wanted) ? 4 : undefined
}

function hasInOrder(text: string, letters: string): boolean {
  let at = -1
  return Array.from(letters).every((letter) => (at = text.indexOf(letter, at + 1)) !== -1)
}
