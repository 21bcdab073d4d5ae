import { expect, test } from 'vitest'
import type { Member, RoomFacts } from '../client/types.ts'
import { suggestCreators } from './suggest-creators.ts'

const member = (userId: string): Member => ({
  userId,
  name: userId,
  avatarMxc: undefined,
  membership: 'join',
  powerLevel: 0,
})
const others = ['@creator', '@owner', '@owner2', '@moderator', '@member'].map(member)
const facts = (users: Record<string, number>, creators: string[] = []) =>
  ({ creators, createdBy: undefined, state: { 'm.room.power_levels': { users } } }) as unknown as RoomFacts
const suggested = (from: RoomFacts): string[] => suggestCreators(from, others).map((each) => each.userId)

test('suggests who is a creator already, and who has the most power', () => {
  expect(suggested(facts({ '@owner': 100, '@owner2': 100, '@moderator': 50 }, ['@creator']))).toEqual([
    '@creator',
    '@owner',
    '@owner2',
  ])
  expect(suggested(facts({ '@moderator': 50 }))).toEqual(['@moderator'])
  expect(suggested(facts({ '@member': 10 }))).toEqual([])
})
