import { expect, test } from 'vitest'
import { LruCache } from './lru.ts'

test('what is used stays, what is not is forgotten, and the weight is bounded', () => {
  const cache = new LruCache<number, string>(100)
  for (let n = 0; n < 1000; n++) {
    cache.set(n, `v${n}`, 5)
    expect(cache.get(n)).toBe(`v${n}`)
    expect(cache.get(0)).toBe('v0')
  }
  let kept = 0
  for (let n = 0; n < 1000; n++) if (cache.get(n) !== undefined) kept++
  expect(kept).toBeLessThanOrEqual(20)
})

test('a replaced or deleted value is gone in both generations', () => {
  const cache = new LruCache<string, number>(20)
  cache.set('a', 1, 6)
  cache.set('b', 1, 6)
  cache.set('a', 2, 6)
  expect(cache.get('a')).toBe(2)
  cache.delete('a')
  expect(cache.get('a')).toBeUndefined()
  cache.set('b', 3, 1)
  cache.clear()
  expect(cache.get('b')).toBeUndefined()
})
