import { expect, test } from 'vitest'
import type { ServerName } from './core/types.ts'
import { createDomainPolicy } from './domain-policy.ts'

const allowed = (name: string, allow: string[], deny: string[] = []): boolean =>
  createDomainPolicy({ allow, deny })(name as ServerName)

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
