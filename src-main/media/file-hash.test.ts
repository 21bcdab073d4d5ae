import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hashInThread } from './file-hash.ts'

let dir: string

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'hearth-hash-'))
})

afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('a file is hashed in a thread while it grows', async () => {
  const path = join(dir, 'grows')
  const bytes = randomBytes(5_000_000)
  writeFileSync(path, bytes.subarray(0, 1_000_000))
  const hash = hashInThread(path)
  hash?.written(1_000_000)
  appendFileSync(path, bytes.subarray(1_000_000))
  hash?.written(3_000_000)
  expect(await hash?.digest(bytes.length)).toBe(createHash('sha256').update(bytes).digest('hex'))
})

test('a thread that ends early costs time, and never the hash', async () => {
  const path = join(dir, 'ends')
  const bytes = randomBytes(2_000_000)
  writeFileSync(path, bytes)
  const hash = hashInThread(path)
  hash?.stop()
  expect(await hash?.digest(bytes.length)).toBe(createHash('sha256').update(bytes).digest('hex'))
})

test('there are no more than four threads; who stops gives its place back', async () => {
  const path = join(dir, 'many')
  writeFileSync(path, randomBytes(1000))
  const four = [1, 2, 3, 4].map(() => hashInThread(path))
  expect(four.every((hash) => hash !== undefined)).toBe(true)
  expect(hashInThread(path)).toBeUndefined()
  await Promise.all(four.flatMap((hash) => hash?.digest(1000) ?? []))
  await expect
    .poll(() => {
      const hash = hashInThread(path)
      hash?.stop()
      return hash !== undefined
    })
    .toBe(true)
})
