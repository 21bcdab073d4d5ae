import { expect, test } from 'vitest'
import { parseJson, parseJsonLimited, scanJson } from './parse-json.ts'

test('nesting counts brackets outside strings', () => {
  expect(scanJson('{"a":[1,{"b":"[[[[\\"{{{"}]}').nesting).toBe(3)
  expect(scanJson('"[["').nesting).toBe(0)
  expect(scanJson('"\\').nesting).toBe(0)
})

test('escapes are noticed in property names, not in values', () => {
  expect(scanJson('{"a":"\\n","b":["\\""]}').escapedKeys).toBe(false)
  expect(scanJson('{"a":{"x\\n" \t\n:1}}').escapedKeys).toBe(true)
})

test('deep, broken and good JSON', () => {
  expect(parseJsonLimited('['.repeat(100_000), 64)).toEqual({
    ok: false,
    reason: 'JSON nested deeper than 64',
  })
  for (const broken of [
    '',
    '{"a":',
    '{"\\n":',
    '{"\\n":1',
    '{"\\n" 1}',
    '{"\\n":1,}',
    '{"\\x":1}',
    '"',
    '\\',
  ]) {
    expect(parseJsonLimited(broken, 64).ok).toBe(false)
  }
  expect(parseJsonLimited('{"a":[1]}', 2)).toEqual({ ok: true, value: { a: [1] } })
})

test('names with escapes are read as they are written, whatever was parsed before', () => {
  const keys = (text: string) => Object.keys(parseJson(text) as object)
  for (const [poison, text, expected] of [
    ['{"h":[],"\\\\":0}', '{"h":1,"\\"":2}', ['h', '"']],
    ['{"q":[],"\\\\":0}', '{"q":1,"\\u0001":2}', ['q', '\u0001']],
    ['{"r":[],"\\\\n":0}', '{"r":1,"\\nx":2}', ['r', '\nx']],
  ] as const) {
    keys(poison)
    keys(poison)
    expect(keys(text)).toEqual(expected)
  }
})

test('the parser for such names agrees with the engine’s on everything else', () => {
  const text =
    ' { "\\u0041\\n" : [ ] , "x" : [ 1 , -2.5e3 , true , null , "a\\u00e9\\"}]" , { } , { "y" : { "z" : [ [ ] ] } } ] , ' +
    '"__proto__" : { "\\t" : 0 } , "x2":"" , "dup\\\\":1,"dup\\\\":2 } '
  const value = parseJson(text) as Record<string, unknown>
  expect(JSON.stringify(value)).toBe(
    '{"A\\n":[],"x":[1,-2500,true,null,"aé\\"}]",{},{"y":{"z":[[]]}}],"__proto__":{"\\t":0},"x2":"","dup\\\\":2}',
  )
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
})
