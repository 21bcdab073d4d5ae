import { expect, test } from 'vitest'
import { describeGlobError, isServerAllowed, matchesGlob } from './server-rules.ts'

test('patterns cover whole names, ports aside, as in the node', () => {
  expect(matchesGlob('*.example.org', 'matrix.Example.org:8448')).toBe(true)
  expect(matchesGlob('*.example.org', 'example.org.evil.com')).toBe(false)
  expect(matchesGlob('example.org', 'exampleXorg')).toBe(false)
  expect(matchesGlob('hs?', 'hs2')).toBe(true)
  expect(matchesGlob('[::1]:8448', '[::1]:8448')).toBe(true)
})

test('denied goes over allowed, and no list allows everybody', () => {
  expect(isServerAllowed({ allow: [], deny: [] }, 'a.org')).toBe(true)
  expect(isServerAllowed({ allow: ['*.org'], deny: ['bad.*'] }, 'bad.org')).toBe(false)
  expect(isServerAllowed({ allow: ['*.org'], deny: [] }, 'a.com')).toBe(false)
})

test('what is not the name of a server is explained', () => {
  expect(describeGlobError('https://example.org/', [])).toContain('without the rest')
  expect(describeGlobError('exämple', [])).toContain('looks like')
  expect(describeGlobError('Example.org', ['example.org'])).toContain('already')
  expect(describeGlobError('*.example.org', [])).toBeUndefined()
})
