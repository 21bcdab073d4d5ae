import { expect, test } from 'vitest'
import { canonicalJson, CanonicalJsonError, canonicalJsonLenient, isCanonical } from './canonical-json.ts'

// Spec appendices, "Canonical JSON", examples.
const specVectors: [string, string][] = [
  ['{}', '{}'],
  ['{ "one": 1, "two": "Two" }', '{"one":1,"two":"Two"}'],
  ['{ "b": "2", "a": "1" }', '{"a":"1","b":"2"}'],
  ['{"b":"2","a":"1"}', '{"a":"1","b":"2"}'],
  [
    '{"auth":{"success":true,"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"medium":"email","address":"john.doe@example.org"},{"medium":"msisdn","address":"123456789"}]}}}',
    '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}',
  ],
  ['{ "a": "日本語" }', '{"a":"日本語"}'],
  ['{ "本": 2, "日": 1 }', '{"日":1,"本":2}'],
  ['{ "a": "\\u65E5" }', '{"a":"日"}'],
  ['{ "a": null }', '{"a":null}'],
  ['{ "a": -0, "b": 1e10 }', '{"a":0,"b":10000000000}'],
]

test.each(specVectors)('the specification’s example %s', (input, output) => {
  expect(canonicalJson(JSON.parse(input))).toBe(output)
})

test('keys are sorted by code point, not by UTF-16 code unit', () => {
  const value = { '\u{1F600}': 1, '\uFF5E': 2, '\u{1F600}a': 3, '\u{1F601}': 4, a: 5 }
  expect(canonicalJson(value)).toBe('{"a":5,"\uFF5E":2,"\u{1F600}":1,"\u{1F600}a":3,"\u{1F601}":4}')
})

test('control characters are escaped in the shortest way, others not at all', () => {
  expect(canonicalJson('\b\t\n\f\r\u0001\u001f"\\/\u007f\u2028')).toBe(
    '"\\b\\t\\n\\f\\r\\u0001\\u001f\\"\\\\/\u007f\u2028"',
  )
})

test('keys that are special to JavaScript are ordinary keys', () => {
  const value: unknown = JSON.parse('{"toString":1,"__proto__":{"x":1},"constructor":2}')
  expect(canonicalJson(value)).toBe('{"__proto__":{"x":1},"constructor":2,"toString":1}')
})

test.each([
  ['a float', 1.5],
  ['an integer above the range', 2 ** 53],
  ['an integer below the range', -(2 ** 53)],
  ['infinity', Infinity],
  ['a lone surrogate', 'x\uD800'],
  ['a lone surrogate in a key', { '\uDC00': 1 }],
  ['a bigint', 1n],
])('%s has no canonical form', (_name, value) => {
  expect(() => canonicalJson({ a: [value] })).toThrow(CanonicalJsonError)
  expect(isCanonical({ a: [value] })).toBe(false)
})

test('the limits themselves are in range', () => {
  expect(canonicalJson([2 ** 53 - 1, -(2 ** 53) + 1])).toBe('[9007199254740991,-9007199254740991]')
  expect(isCanonical([2 ** 53 - 1, -(2 ** 53) + 1, null, true, 'x', { a: [] }])).toBe(true)
})

test('hostile nesting is refused, without exhausting the stack', () => {
  const deep: unknown = JSON.parse('['.repeat(30_000) + ']'.repeat(30_000))
  expect(() => canonicalJson(deep)).toThrow(CanonicalJsonError)
  expect(isCanonical(deep)).toBe(false)
  const fair: unknown = JSON.parse('['.repeat(100) + ']'.repeat(100))
  expect(canonicalJson(fair)).toBe('['.repeat(100) + ']'.repeat(100))
  expect(isCanonical(fair, 99)).toBe(false)
})

test('the lenient form keeps floats and large integers, and is the same otherwise', () => {
  expect(canonicalJsonLenient({ b: 50.57, a: 2 ** 60 })).toBe('{"a":1152921504606846976,"b":50.57}')
  expect(() => canonicalJsonLenient(JSON.parse('1e999'))).toThrow(CanonicalJsonError)
})
