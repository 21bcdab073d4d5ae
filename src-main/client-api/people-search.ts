import { localpartOf } from './ids.ts'
import type { UserId } from '../core/types.ts'

export interface Person {
  readonly userId: UserId
  readonly displayName: string | undefined
  readonly avatarUrl: string | undefined
}

/** People as they are looked for: without regard to case and accents, each word anywhere. */
export class PeopleSearch {
  private readonly words: readonly string[]
  private readonly needle: string
  private readonly found = new Map<UserId, Person & { rank: number }>()

  constructor(term: string) {
    this.needle = folded(term.trim())
    this.words = this.needle.split(/\s+/)
  }

  consider(person: Person): void {
    const rank = this.rank(person)
    if (rank === undefined) return
    const known = this.found.get(person.userId)
    // Who is seen in several rooms is shown by the best of their names.
    if (known === undefined || rank < known.rank || (rank === known.rank && !hasProfile(known))) {
      this.found.set(person.userId, { ...person, rank })
    }
  }

  has(userId: UserId): boolean {
    return this.found.has(userId)
  }

  /** "Ordered by rank and then whether or not profile info is available." */
  results(): Person[] {
    return [...this.found.values()].sort(
      (a, b) =>
        a.rank - b.rank ||
        Number(hasProfile(b)) - Number(hasProfile(a)) ||
        nameOf(a).localeCompare(nameOf(b)) ||
        (a.userId < b.userId ? -1 : 1),
    )
  }

  /** Lower is better; undefined is no match. */
  private rank({ userId, displayName }: Person): number | undefined {
    const { needle } = this
    const id = userId.toLowerCase()
    const localpart = folded(localpartOf(userId))
    const name = folded(displayName ?? '')
    if (needle === id || needle === name || needle === localpart) return 0
    if (name.startsWith(needle) || localpart.startsWith(needle) || id.startsWith(needle)) return 1
    if (!this.words.every((word) => name.includes(word) || id.includes(word))) return undefined
    const begins = name.split(/[\s\-_.]+/)
    return this.words.every((word) => begins.some((part) => part.startsWith(word))) ? 2 : 3
  }
}

const hasProfile = (person: Person): boolean =>
  person.displayName !== undefined || person.avatarUrl !== undefined

const nameOf = (person: Person): string => person.displayName ?? person.userId

const folded = (text: string): string => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
