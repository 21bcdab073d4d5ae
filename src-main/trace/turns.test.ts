import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { breathe } from './turns.ts'

function compute(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

test('who computes beside others does not take the same turn as they', async () => {
  const busy: number[] = []
  let turn = 0
  let over = false
  const counting = (async () => {
    for (; !over; turn++) await setImmediate()
  })()
  const pieces = Array.from({ length: 6 }, async () => {
    await breathe()
    compute(9)
    busy.push(turn)
  })
  await Promise.all(pieces)
  over = true
  await counting
  expect(new Set(busy).size).toBe(6)
})

test('short pieces share a turn, and go on in the order in which they asked', async () => {
  const order: string[] = []
  const work = async (name: string): Promise<void> => {
    for (let n = 0; n < 3; n++) {
      await breathe()
      order.push(`${name}${n}`)
    }
  }
  await Promise.all([work('a'), work('b')])
  expect(order).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2'])
})
