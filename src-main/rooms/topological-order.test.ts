import { expect, test } from 'vitest'
import type { EventId, Pdu } from '../core/types.ts'
import { topologicalOrder } from './topological-order.ts'

const pdu = (id: string, ...prevEvents: string[]): Pdu => ({ eventId: id, prevEvents }) as unknown as Pdu
const order = (...pdus: Pdu[]): EventId[] =>
  topologicalOrder(pdus, (event) => event.prevEvents).map((event) => event.eventId)

test('what is referred to comes first; what is not in the set does not matter', () => {
  expect(order(pdu('c', 'b', 'a'), pdu('b', 'a'), pdu('a', 'unknown'))).toEqual(['a', 'b', 'c'])
  expect(order(pdu('x'), pdu('y'))).toEqual(['x', 'y'])
})

test('a cycle, as room versions 1 and 2 allow to forge, ends', () => {
  expect(order(pdu('a', 'b'), pdu('b', 'a')).toSorted()).toEqual(['a', 'b'])
})

test('a long chain needs no stack', () => {
  const chain = Array.from({ length: 50_000 }, (_, index) => pdu(`${index}`, `${index - 1}`)).toReversed()
  expect(order(...chain)[0]).toBe('0')
})
