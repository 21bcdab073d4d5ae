import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { jsonInSlices } from './json-in-slices.ts'

test.each([
  ['nothing', {}],
  ['a list at the top', Array.from({ length: 200 }, (_, n) => ({ n }))],
  ['what is missing is left out', { a: undefined, b: null, c: [], d: {}, e: 'ü"\\' }],
  [
    'long lists far down',
    { rooms: { join: { '!r': { state: { events: Array(333).fill({ a: ['ß', 1] }) } } } } },
  ],
  ['wide objects', Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`@${n}:x`, { name: `${n}` }]))],
  ['more than is joined at once', Array.from({ length: 120 }, (_, n) => ({ n, text: 'ü€'.repeat(1_000) }))],
  ['deep ones', { a: { b: { c: { d: { e: { f: { g: Array.from({ length: 100 }, (_, n) => n) } } } } } } }],
])('%s: the same as in one go', async (_, value) => {
  const response = await jsonInSlices(value)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.text()).toBe(JSON.stringify(value))
})

test('others have their turns while a long answer is written', async () => {
  const event = { content: { body: 'x'.repeat(2_000) }, type: 'm.room.message' }
  const value = { chunk: Array.from({ length: 20_000 }, () => event) }
  let turns = 0
  let over = false
  const counting = (async () => {
    for (; !over; turns++) await setImmediate()
  })()
  await jsonInSlices(value)
  over = true
  await counting
  expect(turns).toBeGreaterThan(3)
})
