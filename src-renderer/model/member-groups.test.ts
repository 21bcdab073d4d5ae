import { expect, test } from 'vitest'
import type { Member, Outsider } from '../client/types.ts'
import { describeKnocks, findPeople, memberRows } from './member-groups.ts'
import { facts, person } from './testing.ts'

const member = (name: string, powerLevel = 0, membership: 'join' | 'invite' = 'join'): Member => ({
  ...person(name),
  membership,
  powerLevel,
})
const outsider = (name: string, membership: 'knock' | 'ban', reason?: string): Outsider => ({
  ...person(name),
  membership,
  reason,
  by: undefined,
  ts: 0,
})
const told = (search = '') =>
  memberRows(
    [member('Zoe'), member('Ann', Infinity), member('Bo', 150), member('Cy', 50), member('Dee', 0, 'invite')],
    facts({}, { knocking: [outsider('Kim', 'knock')], banned: [outsider('Max', 'ban')] }),
    search,
  ).map((row) => (row.kind === 'heading' ? `${row.title} ${row.count}` : row.person.name))

test('by role, with those who ask first and the banned last', () => {
  expect(told()).toEqual([
    'Asking to join 1',
    'Kim',
    'Creators 1',
    'Ann',
    'Owners 1',
    'Bo',
    'Moderators 1',
    'Cy',
    'Members 1',
    'Zoe',
    'Invited 1',
    'Dee',
    'Banned 1',
    'Max',
  ])
})

test('a search looks everywhere, and leaves no empty group', () => {
  expect(told('ma')).toEqual(['Banned 1', 'Max'])
  expect(told('nobody')).toEqual([])
})

test('names are found without marks, by the words in them, or by id', () => {
  const people = [person('Renée Dupont'), person('Dora'), person('Andor')]
  expect(findPeople(people, 'renee dup').map((each) => each.name)).toEqual(['Renée Dupont'])
  expect(findPeople(people, 'dor').map((each) => each.name)).toEqual(['Dora', 'Andor'])
  expect(findPeople(people, '@andor:example').map((each) => each.name)).toEqual(['Andor'])
})

test('who asks to join is said in one line', () => {
  expect(describeKnocks([])).toBeUndefined()
  expect(describeKnocks([outsider('Kim', 'knock', 'It is me')])).toBe('Kim asks to join: “It is me”')
  expect(describeKnocks([outsider('Kim', 'knock'), outsider('Bo', 'knock')])).toBe(
    'Kim and 1 other ask to join',
  )
})
