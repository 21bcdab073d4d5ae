import { expect, test } from 'vitest'
import { isServerGlob, matcher } from './glob.ts'

test('a pattern full of stars takes no time', () => {
  const start = performance.now()
  expect(matcher(`${'*a'.repeat(100)}b`)('a'.repeat(250))).toBe(false)
  expect(performance.now() - start).toBeLessThan(100)
})

test('a pattern of server names is told from an address that somebody pasted', () => {
  for (const good of ['example.org', '*.Example.org', 'hs?:8448', '[::1]:8448', '*'])
    expect(isServerGlob(good)).toBe(true)
  for (const bad of ['', ' example.org', 'https://example.org', '@ann:example.org', 'a_b', 'x'.repeat(256)])
    expect(isServerGlob(bad)).toBe(false)
})
