import { expect, test } from 'vitest'
import { parseJsonInSteps } from './parse-json-in-steps.ts'
import { parseJson } from './parse-json.ts'

function inSteps(text: string, maxDepth?: number): unknown {
  const steps = parseJsonInSteps(text, maxDepth)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

const good = [
  '{}',
  ' { } ',
  '[1, 2]',
  '"text"',
  '{"a":[]}',
  '{"a": [ ] , "b":1}',
  '{"state":[{"a":"]},{"},{"b":[1,[2,{"c":"\\""}]]}],"auth_chain":[ {} , {} ],"origin":"x"}',
  '{"a":[1,-2.5e3,true,null,"x"],"b":{"c":[1]},"__proto__":[1]}',
  '{"\\u0061":[{"\\u0062":1}]}',
]

test.each(good)('reads %s as JSON.parse does', (text) => {
  expect(inSteps(text)).toEqual(parseJson(text))
  expect(Object.keys(inSteps(text) as object)).toEqual(Object.keys(parseJson(text) as object))
})

const bad = [
  '',
  '{',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{"a":[1,]}',
  '{"a":[,1]}',
  '{"a":[1 2]}',
  '{"a":[1]]}',
  '{"a":[1]}x',
  '{"a":[1}',
  '{"a":[1',
  '{"a":["x]}',
  '{a:1}',
  '{"a":1 "b":2}',
  '{,}',
  '{"a":[{"b":1},{]}',
  '{"a":[01]}',
]

test.each(bad)('refuses %s as JSON.parse does', (text) => {
  expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
  expect(() => inSteps(text)).toThrow(SyntaxError)
})

test('nesting is bounded alike', () => {
  for (let depth = 1; depth < 12; depth++) {
    const text = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
    const isTooDeep = (read: () => unknown): boolean => {
      try {
        read()
        return false
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError)
        return true
      }
    }
    expect(isTooDeep(() => inSteps(text, 8))).toBe(isTooDeep(() => parseJson(text, 8)))
  }
})

test('a list takes a step an element', () => {
  const steps = parseJsonInSteps(JSON.stringify({ list: Array.from({ length: 50 }, (_, n) => ({ n })) }))
  let count = 0
  while (steps.next().done !== true) count++
  expect(count).toBe(50)
})
