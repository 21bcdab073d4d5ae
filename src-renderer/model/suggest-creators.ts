import type { Member, RoomFacts } from '../client/types.ts'
import { MODERATOR } from './power.ts'
import { powerOf } from './room-rights.ts'

/** Who of the others may be meant as a creator of the room's next version: who is one, and who has the most power. */
export function suggestCreators(facts: RoomFacts, others: readonly Member[]): readonly Member[] {
  const power = (each: Member): number => powerOf(facts, each.userId)
  const most = Math.max(...others.map(power).filter(Number.isFinite), MODERATOR)
  return others.filter((each) => power(each) >= most)
}
