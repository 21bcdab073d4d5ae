import { expect, test } from 'vitest'
import { levelAt, levelsIn, roleName } from './power.ts'
import {
  consequenceOfRight,
  consequenceOfRole,
  isLastWithPower,
  maySet,
  powerOf,
  whyNotLevel,
  whyNotSet,
} from './room-rights.ts'
import { facts, person } from './testing.ts'

const [ann, bo, cy] = ['Ann', 'Bo', 'Cy'].map((name) => person(name).userId) as [string, string, string]
const events = { 'm.room.power_levels': 100 }
const room = facts({ 'm.room.power_levels': { users: { [ann]: 100, [bo]: 50 }, events } })

test('what is left out of the levels is filled in, what is no number is not believed', () => {
  const levels = levelsIn({ ban: '60', kick: [], users: { [ann]: '100', [bo]: {}, [cy]: 1.5 }, events: 3 })
  expect(levels).toMatchObject({ ban: 60, kick: 50, stateDefault: 50, notifyRoom: 50, events: {} })
  expect(levels.users).toEqual({ [ann]: 100 })
  expect(levelsIn(undefined).stateDefault).toBe(0)
  expect(levelAt(levels, 'events:m.reaction')).toBe(0)
  expect(levelAt(levels, 'events:m.room.name')).toBe(50)
})

test('roles are named', () => {
  expect([Infinity, 100, 150, 50, 0, 30, -1].map((level) => roleName(level))).toEqual([
    'Creator',
    'Owner',
    'Owner (150)',
    'Moderator',
    'Member',
    'Power level 30',
    'Power level -1',
  ])
  expect(roleName(10, 10)).toBe('Member')
})

test('only what the power allows may be changed, and it is said why not', () => {
  expect(maySet(room, bo, 'm.room.name')).toBe(true)
  expect(whyNotSet(room, cy, 'm.room.name')).toBe(
    'Only moderators and owners may change this. You are a member.',
  )
  expect(whyNotLevel(room, bo, `users:${cy}`)).toBe('Only owners may change this. You are a moderator.')
  expect(whyNotLevel(room, ann, `users:${ann}`)).toBeUndefined()
  const strict = facts({ 'm.room.power_levels': { users: { [ann]: 100, [bo]: 50 }, ban: 80 } })
  expect(whyNotLevel(strict, bo, 'ban')).toBe('This is set above your own power.')
  expect(whyNotLevel(strict, bo, `users:${ann}`)).toBe('They have as much power as you.')
  expect(whyNotLevel(strict, bo, `users:${cy}`)).toBeUndefined()
  expect(whyNotLevel(strict, bo, 'kick')).toBeUndefined()
})

test('from version 12 on creators are above everybody', () => {
  const twelve = facts({ 'm.room.power_levels': { users: { [bo]: 100 } } }, { creators: [ann] })
  expect(powerOf(twelve, ann)).toBe(Infinity)
  expect(whyNotLevel(twelve, bo, `users:${ann}`)).toBe('Whoever created the room stays above everybody.')
  expect(whyNotLevel(twelve, ann, `users:${bo}`)).toBeUndefined()
  expect(consequenceOfRole(twelve, ann, bo, 100)).toBeUndefined()
  expect(isLastWithPower(twelve, ann)).toBe(false)
  expect(isLastWithPower(twelve, ann, new Set([ann]))).toBe(true)
})

test('consequences are said before, not after', () => {
  expect(consequenceOfRole(room, ann, cy, 100)).toMatch(
    /They will be able to .*\. You cannot take this back: they will have the same power as you\.$/,
  )
  expect(consequenceOfRole(room, ann, cy, 50)).toMatch(/^They will be able to .*[^.]\.$/)
  expect(consequenceOfRole(room, ann, bo, 0)).toBeUndefined()
  expect(consequenceOfRole(room, ann, ann, 50)).toMatch(/nobody is left who can change roles/)
  expect(consequenceOfRole(room, bo, bo, 0)).toMatch(/^You cannot take this back: only somebody/)
  expect(consequenceOfRight(room, 'events:m.room.power_levels', 0)).toMatch(/take the room over/)
  expect(consequenceOfRight(room, 'events_default', 50)).toMatch(/only read/)
  expect(consequenceOfRight(room, 'ban', 50)).toBeUndefined()
})
