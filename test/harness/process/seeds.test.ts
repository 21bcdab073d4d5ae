import { afterEach, expect, test, vi } from 'vitest'
import { seedsOf } from './seeds.ts'

afterEach(() => vi.unstubAllEnvs())

test('seeds that found something are run by name, and a new one', () => {
  vi.stubEnv('HEARTH_SEED', undefined)
  const [first, ...more] = seedsOf([['something', 7]])
  expect(first).toEqual(['something', 7])
  expect(more).toEqual([['a new seed', expect.any(Number)]])
})

test('HEARTH_SEED is the only one where it is set', () => {
  vi.stubEnv('HEARTH_SEED', '12')
  expect(seedsOf([['something', 7]])).toEqual([['HEARTH_SEED', 12]])
  vi.stubEnv('HEARTH_SEED', 'twelve')
  expect(() => seedsOf()).toThrow('HEARTH_SEED')
})
