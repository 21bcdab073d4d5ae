import { expect, test } from 'vitest'
import {
  clamp,
  isAtTop,
  lead,
  MAX_ROW,
  MIN_ROW,
  pan,
  paneWidth,
  reveal,
  rowAt,
  START,
  xOf,
  yOf,
  zoom,
} from './camera.ts'

const extent = { rows: 1_000, lanes: 3, width: 800, height: 600 }
const wide = { ...extent, lanes: 200 }
const deep = clamp({ ...START, top: 500 }, extent)

test('what is under the hand stays there while one zooms, between two limits', () => {
  const row = deep.top + 200 / deep.rowHeight
  const nearer = zoom(deep, extent, 1.3, 200)
  expect(nearer.rowHeight).toBeGreaterThan(deep.rowHeight)
  expect(nearer.top + 200 / nearer.rowHeight).toBeCloseTo(row)
  expect(zoom(deep, extent, 1e9, 0).rowHeight).toBe(MAX_ROW)
  expect(zoom(deep, extent, 1e-9, 0).rowHeight).toBe(MIN_ROW)
})

test('one cannot lose the graph: neither above, below nor beside it', () => {
  expect(isAtTop(pan(deep, extent, 0, -1e9))).toBe(true)
  const bottom = pan(deep, extent, 0, 1e9)
  expect(yOf(bottom, extent.rows - 1)).toBeLessThan(extent.height)
  expect(pan(deep, extent, 1e9, 0).left).toBe(0)
  const right = pan(deep, wide, 1e9, 0)
  expect(xOf(right, wide.lanes - 1)).toBeLessThan(paneWidth(right, wide))
  const few = { ...extent, rows: 3 }
  expect(clamp({ ...START, top: 50 }, few).top).toBe(START.top)
})

test('an event is brought into sight by as little as is needed', () => {
  const seen = rowAt(deep, extent.height / 2)
  expect(reveal(deep, extent, seen, 0)).toEqual(deep)
  for (const row of [0, 480, 530, 999]) {
    const y = yOf(reveal(deep, extent, row, 0), row)
    expect(y).toBeGreaterThan(0)
    expect(y).toBeLessThan(extent.height)
  }
  const far = reveal(deep, wide, seen, 150)
  expect(xOf(far, 150)).toBeLessThan(paneWidth(far, wide))
  expect(rowAt(lead(deep, extent, 700), 0)).toBe(698)
})
