import { expect, test } from 'vitest'
import { parseJsonInSteps } from './parse-json-in-steps.ts'
import { parseJson } from './parse-json.ts'

function inSteps(pieces: string | readonly string[], maxDepth?: number): unknown {
  const steps = parseJsonInSteps(maxDepth)
  const left = [pieces].flat()
  let step = steps.next()
  while (step.done !== true) step = step.value === 'more' ? steps.next(left.shift()) : steps.next()
  return step.value
}

/** The text in two pieces, wherever they end, and letter by letter. */
function cuts(text: string): string[][] {
  const halves = Array.from({ length: text.length + 1 }, (_, n) => [text.slice(0, n), text.slice(n)])
  return [...halves, text.split(''), []].filter((pieces) => pieces.join('') === text)
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
  for (const pieces of cuts(text)) expect(inSteps(pieces)).toEqual(parseJson(text))
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
  for (const pieces of cuts(text)) expect(() => inSteps(pieces)).toThrow(SyntaxError)
})

test('names the place of a fault in the whole text, whatever the pieces', () => {
  const text = '{"a":[1,2,3] "b":4}'
  for (const pieces of cuts(text)) expect(() => inSteps(pieces)).toThrow('"," expected at 13')
})

test('a value of many pieces is not looked through anew for each of them', () => {
  const steps = parseJsonInSteps()
  let asked = 0
  let step = steps.next()
  // Looked through for each piece it would be 200 GB, and this test would never end.
  const piece = 'x'.repeat(1000)
  while (step.done !== true) {
    asked++
    step = steps.next(asked === 1 ? '{"a":["' : asked < 20_000 ? piece : asked === 20_000 ? '"]}' : undefined)
  }
  expect((step.value as { a: string[] }).a[0]).toHaveLength(19_998_000)
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
  const pieces = [JSON.stringify({ list: Array.from({ length: 50 }, (_, n) => ({ n })) })]
  const steps = parseJsonInSteps()
  let count = 0
  let step = steps.next()
  while (step.done !== true) {
    if (step.value === 'breathe') count++
    step = step.value === 'more' ? steps.next(pieces.shift()) : steps.next()
  }
  expect(count).toBe(50)
})
