import { expect, test } from 'vitest'
import { jsonNesting, parseJsonLimited } from './parse-json.ts'

test('nesting counts brackets outside strings', () => {
  expect(jsonNesting('{"a":[1,{"b":"[[[[\\"{{{"}]}')).toBe(3)
  expect(jsonNesting('"[["')).toBe(0)
})

test('deep, broken and good JSON', () => {
  expect(parseJsonLimited('['.repeat(100_000), 64)).toEqual({
    ok: false,
    reason: 'JSON nested deeper than 64',
  })
  expect(parseJsonLimited('{"a":', 64).ok).toBe(false)
  expect(parseJsonLimited('{"a":[1]}', 2)).toEqual({ ok: true, value: { a: [1] } })
})
