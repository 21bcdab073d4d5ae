import { expect, test } from 'vitest'
import { Ring, type Entry } from './ring.ts'

const entry = (id: number, lane = 'a'): Entry => ({
  ...{ id, lane, label: 'x', level: 'debug' },
  json: Buffer.from('{}'),
})

test('a reader may begin anywhere and go either way, also where some were pushed out between', () => {
  const ring = new Ring({ records: 300, bytes: 1_000_000 }, 1)
  const ids: number[] = []
  for (let n = 0; n < 5_000; n++) {
    // Some numbers are never given, and one lane keeps its few while the other is pushed out.
    const id = n * 2 + (n % 3 === 0 ? 1 : 0)
    ids.push(id)
    ring.add(entry(id, n % 50 === 0 ? 'quiet' : 'loud'))
    if (n % 97 !== 0) continue
    const kept = ids.filter((one) => ring.get(one) !== undefined)
    const bounds = [0, 1, id - 500, id - 101, id - 100, id - 1, id, id + 1]
    for (const from of bounds)
      for (const to of bounds) {
        const wanted = kept.filter((one) => one >= from && one <= to)
        const oldest = [...ring.between(from, to, 'oldest')].map((one) => one.id)
        const newest = [...ring.between(from, to, 'newest')].map((one) => one.id)
        expect({ from, to, oldest, newest }).toEqual({
          ...{ from, to },
          oldest: wanted,
          newest: wanted.toReversed(),
        })
      }
  }
  expect([...ring.between(0, 100, 'oldest')].length).toBeGreaterThan(0)
})

test('who reads on at the end looks at what is new, not at all that is kept', () => {
  let looked = 0
  const ring = new Ring({ records: 20_000, bytes: 100_000_000 }, 1)
  const counting = (id: number): Entry => ({
    ...entry(id),
    get id() {
      looked++
      return id
    },
  })
  for (let id = 1; id <= 25_000; id++) ring.add(counting(id))
  const read = (...range: Parameters<Ring['between']>): number => {
    looked = 0
    return [...ring.between(...range)].length
  }
  expect(read(24_991, 25_000, 'oldest')).toBe(10)
  expect(looked).toBeLessThan(50)
  expect(read(24_991, 25_000, 'newest')).toBe(10)
  expect(looked).toBeLessThan(50)
})
