import { expect, test } from 'vitest'
import { openMemoryDatabase } from './database.ts'
import { createPreviewCache } from './link-previews.ts'

const MB = 1024 * 1024
const picture = (n: number, bytes = 1): { 'og:image': string; 'matrix:image:size': number } => ({
  'og:image': `mxc://one.test/${n}`,
  'matrix:image:size': bytes,
})

test('previews expire, and say which picture is no longer shown when they are replaced', () => {
  const cache = createPreviewCache(openMemoryDatabase())
  expect(cache.put('a', picture(1), { now: 1, expires: 10 })).toEqual([])
  expect(cache.get('a', 9)).toEqual(picture(1))
  expect(cache.get('a', 10)).toBeUndefined()
  expect(cache.put('a', picture(2), { now: 11, expires: 20 })).toEqual(['mxc://one.test/1'])
})

test('only the newest are kept, by their number and by the size of their pictures', () => {
  const cache = createPreviewCache(openMemoryDatabase())
  for (let n = 0; n < 2_000; n++) cache.put(`u${n}`, picture(n), { now: n, expires: 1e9 })
  expect(cache.put('more', {}, { now: 5_000, expires: 1e9 })).toEqual(['mxc://one.test/0'])
  expect(cache.get('u0', 1)).toBeUndefined()
  expect(cache.put('large', picture(9_999, 256 * MB - 1), { now: 5_001, expires: 1e9 })).toHaveLength(1_998)
  expect(cache.get('more', 1)).toEqual({})
})
