import { expect, test } from 'vitest'
import { BLOCK, layoutGraph, type Layout } from './layout.ts'

/** Events by depth and parents (indices), in order of arrival. */
function lay(...events: readonly (readonly [depth: number, ...parents: number[]])[]): Layout {
  const edges = events.flatMap(([, ...parents], child) => parents.map((parent) => [child, parent] as const))
  return layoutGraph({
    depth: Float64Array.from(events, ([depth]) => depth),
    number: Float64Array.from(events.keys()),
    child: Int32Array.from(edges, ([child]) => child),
    parent: Int32Array.from(edges, ([, parent]) => parent),
  })
}

test('the newest is at the top, and what follows on one another stays in one lane', () => {
  const { order, lane, lanes } = lay([1], [2, 0], [3, 1])
  expect([...order]).toEqual([2, 1, 0])
  expect([...lane]).toEqual([0, 0, 0])
  expect(lanes).toBe(1)
})

test('branches of a fork have a lane each, until they are merged', () => {
  const { row, lane, lanes } = lay([1], [2, 0], [2, 0], [3, 1], [3, 2], [4, 3, 4])
  expect(lanes).toBe(2)
  expect(lane[1]).toBe(lane[3])
  expect(lane[2]).toBe(lane[4])
  expect(lane[1]).not.toBe(lane[2])
  expect(row[5]).toBe(0)
  expect(row[0]).toBe(5)
})

test('no event stands in the way of an edge: it runs in the lane of the child, down to the row of the parent', () => {
  const events: [number, ...number[]][] = [[1]]
  let ends = [0]
  let seed = 3
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
  for (let index = 1; index < 400; index++) {
    const parents = random(4) === 0 ? ends : [ends[random(ends.length)] ?? 0]
    events.push([1 + Math.max(...parents.map((each) => events[each]?.[0] ?? 0)), ...parents])
    ends = [...ends.filter((end) => !parents.includes(end) || (random(4) === 0 && ends.length < 5)), index]
  }
  const { row, lane, order, child, parent } = lay(...events)
  for (let edge = 0; edge < child.length; edge++) {
    const [from, to] = [child[edge] ?? 0, parent[edge] ?? 0]
    expect(row[from]).toBeLessThan(row[to] ?? 0)
    for (let between = (row[from] ?? 0) + 1; between < (row[to] ?? 0); between++) {
      expect(lane[order[between] ?? 0]).not.toBe(lane[from])
    }
  }
})

test('a depth that lies does not put a child below its parent', () => {
  const { row } = lay([9_007_199_254_740_991], [0, 0], [5, 1])
  expect([...row]).toEqual([2, 1, 0])
})

test('a ring, as a hostile server can make in room versions 1 and 2, is opened', () => {
  const { order, child } = lay([1], [2, 0, 3], [3, 1], [4, 2])
  expect(new Set(order)).toEqual(new Set([0, 1, 2, 3]))
  expect(child).toHaveLength(3)
})

test('what is in sight knows the edges that pass through it, also those that begin and end elsewhere', () => {
  const count = 3 * BLOCK
  const { blockStart, blockEdges, child, parent } = lay(
    [1],
    ...Array.from({ length: count - 2 }, (_, index): [number, number] => [index + 2, index]),
    [count, count - 2, 0],
  )
  for (const block of [0, 1, 2]) {
    const edges = blockEdges.slice(blockStart[block], blockStart[block + 1])
    expect([...edges].some((edge) => child[edge] === count - 1 && parent[edge] === 0)).toBe(true)
  }
  expect(lay().order).toHaveLength(0)
})
