import { expect, test } from 'vitest'
import type { ServerName } from './core/types.ts'
import { createDomainPolicy } from './domain-policy.ts'

const allowed = (name: string, allow: string[], deny: string[] = []): boolean =>
  createDomainPolicy({ allow, deny }).allowed(name as ServerName)

test('without rules everyone is allowed', () => {
  expect(allowed('example.org', [])).toBe(true)
})

test('globs cover whole names, ports aside', () => {
  expect(allowed('matrix.example.org:8448', ['*.example.org'])).toBe(true)
  expect(allowed('example.org.evil.com', ['*.example.org'])).toBe(false)
  expect(allowed('exampleXorg', ['example.org'])).toBe(false)
  expect(allowed('hs1:8448', ['hs1:8448'])).toBe(true)
  expect(allowed('hs2', ['hs?'])).toBe(true)
  expect(allowed('EXAMPLE.org', ['example.ORG'])).toBe(true)
})

test('denied stays denied', () => {
  expect(allowed('bad.example.org', ['*.example.org'], ['bad.*'])).toBe(false)
})

test('other rules count at once, and never against this server itself', () => {
  const [here, there] = ['here.example', 'there.example'] as ServerName[]
  const policy = createDomainPolicy({ allow: [], deny: ['*'] }, here)
  expect([here, there].map((name) => policy.allowed(name as ServerName))).toEqual([true, false])
  policy.set({ allow: ['there.*'], deny: [] })
  expect(policy.allowed(there as ServerName)).toBe(true)
  expect(policy.allowed('elsewhere.example' as ServerName)).toBe(false)
  expect(policy.rules).toEqual({ allow: ['there.*'], deny: [] })
})
