import { expect, test } from 'vitest'
import { levelAt, levelsIn, roleName } from './power.ts'
import {
  cannotTakeBack,
  consequenceOfDefault,
  consequenceOfRight,
  consequenceOfRole,
  isLastWithPower,
  maySet,
  powerOf,
  whyNotLevel,
  whyNotSet,
} from './room-rights.ts'
import { lastingOf } from './lasting-edits.ts'
import { NO_DRAFT, withEdit } from './room-draft.ts'
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

test('what everybody without a role becomes is said: what they may do then, and who loses by it', () => {
  expect(consequenceOfDefault(room, ann, 0)).toBeUndefined()
  expect(consequenceOfDefault(room, ann, 50)).toMatch(
    /^Whoever is in the room, or comes in, will be able to .*\.$/,
  )
  expect(consequenceOfDefault(room, ann, 50)).not.toMatch(/take the room over/)
  expect(consequenceOfDefault(room, ann, 100)).toMatch(/Every member could take the room over\.$/)
  expect(consequenceOfDefault(room, ann, -1)).toBe('Whoever has no role will only be able to read.')
  const equals = facts({ 'm.room.power_levels': { users_default: 100 } })
  expect(consequenceOfDefault(equals, ann, 0)).toMatch(/^You cannot take this back/)
  expect(whyNotLevel(room, bo, 'users_default')).toMatch(/^Only owners/)
})

test('what nobody can undo is asked about: giving away as much as one has, and giving up one’s own', () => {
  const lasting = (whom: string, level: number, in_ = room) =>
    lastingOf(in_, ann, withEdit(NO_DRAFT, in_, `power:users:${whom}`, level), () => 'Bo')
  expect(lasting(bo, 99)).toEqual([])
  expect(lasting(bo, 100)).toEqual([
    'Bo will have as much power as you. You cannot take it away from them again.',
  ])
  expect(lasting(ann, 50).join(' ')).toMatch(/^You will have less power than now\. You cannot take this back/)
  const twelve = facts({ 'm.room.power_levels': { users: {} } }, { creators: [ann] })
  expect(lasting(bo, 100, twelve)).toEqual([])
  expect(cannotTakeBack(room, ann, bo, 50)).toBe(false)
  const equals = facts({ 'm.room.power_levels': { users_default: 100 } })
  expect(
    lastingOf(equals, ann, withEdit(NO_DRAFT, equals, 'power:users_default', 0), () => '').length,
  ).toBeGreaterThan(0)
})
