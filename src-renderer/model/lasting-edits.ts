import type { RoomFacts } from '../client/types.ts'
import type { Draft } from './room-draft.ts'
import { cannotTakeBack, consequenceOfRole, losesByDefault } from './room-rights.ts'

/** What of the edits their author cannot undo once they are saved, as sentences. `nameOf` says who a user id is. */
export function lastingOf(
  facts: RoomFacts,
  me: string,
  draft: Draft,
  nameOf: (userId: string) => string,
): readonly string[] {
  return [...draft].flatMap(([field, { value }]) => {
    const level = Number(value)
    if (field === 'power:users_default')
      return losesByDefault(facts, me, level) ? aboutMe(facts, me, level) : []
    if (!field.startsWith('power:users:')) return []
    const whom = field.slice('power:users:'.length)
    if (!cannotTakeBack(facts, me, whom, level)) return []
    if (whom === me) return aboutMe(facts, me, level)
    return [`${nameOf(whom)} will have as much power as you. You cannot take it away from them again.`]
  })
}

function aboutMe(facts: RoomFacts, me: string, level: number): readonly string[] {
  return ['You will have less power than now.', consequenceOfRole(facts, me, me, level) ?? '']
}
