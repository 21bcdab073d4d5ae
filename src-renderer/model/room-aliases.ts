import type { RoomFacts } from '../client/types.ts'
import { strings, text } from './event-text.ts'

/** What the room itself says that it is called (CS API, `m.room.canonical_alias`). */
export function aliasesOf(facts: RoomFacts): { main: string | undefined; others: readonly string[] } {
  const content = facts.state['m.room.canonical_alias']
  return {
    main: text(content?.['alias']),
    others: strings(content?.['alt_aliases']).filter((each) => each.startsWith('#')),
  }
}

/** Why this cannot be the first part of an address. */
export function localpartProblem(localpart: string): string | undefined {
  if (localpart === '') return 'Type a name for the room.'
  if (/[:\s\0#]/u.test(localpart))
    return 'Leave out spaces, “:” and “#”; the end of the address comes by itself.'
  return new TextEncoder().encode(localpart).length > 180 ? 'This is too long.' : undefined
}
