import { expect, test } from 'vitest'
import { roomVersionRules } from '../core/room-versions.ts'
import type { RoomVersionId } from '../core/types.ts'
import { highestLevel, levelsForVersion } from './upgrade-levels.ts'

const ALICE = '@alice:one.test'

test('levels that were strings become numbers, and nonsense goes', () => {
  const old = {
    users: { [ALICE]: '90', '@x:one.test': 'much' },
    events: { 'm.room.name': ' 90 ' },
    ban: '60',
    kick: {},
    custom: 'kept',
  }
  const rules = (version: RoomVersionId) => roomVersionRules(version)
  expect(levelsForVersion(old, rules('6'), rules('10'), [ALICE])).toEqual({
    users: { [ALICE]: 90 },
    events: { 'm.room.name': 90 },
    ban: 60,
    custom: 'kept',
  })
  expect(levelsForVersion(old, rules('6'), rules('12'), [ALICE])['users']).toEqual({})
  expect(highestLevel({ ...old, events: { x: '200' } }, rules('6'))).toBe(200)
})
