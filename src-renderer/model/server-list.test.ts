import { expect, test } from 'vitest'
import { aclProblem, matchesServer } from './server-list.ts'

test('patterns of servers, without the port', () => {
  expect(matchesServer('*.spam.example', 'a.spam.example')).toBe(true)
  expect(matchesServer('*.spam.example', 'spam.example')).toBe(false)
  expect(matchesServer('SPAM.example', 'spam.example:8448')).toBe(true)
  expect(matchesServer('s?am.example', 'spam.example')).toBe(true)
  expect(matchesServer('a.b', 'axb')).toBe(false)
  expect(matchesServer('*', 'anything')).toBe(true)
  expect(matchesServer(`${'*a'.repeat(100)}b`, 'a'.repeat(250))).toBe(false)
})

test('nobody shuts themselves out by mistake', () => {
  expect(aclProblem('spam.example', 'home.local')).toBeUndefined()
  expect(aclProblem('*', 'home.local')).toMatch(/your own Hearth/)
  expect(aclProblem('*.local', 'home.local')).toMatch(/your own Hearth/)
  expect(aclProblem('not a name', 'home.local')).toMatch(/looks like/)
  expect(aclProblem('spam.example:8448', 'home.local')).toMatch(/port/)
})
