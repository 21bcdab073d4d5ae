import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeClock } from '../../test/harness/clock.ts'
import { Logger } from '../trace/log.ts'
import { createCheckpoints, type Checkpoints } from './checkpoints.ts'
import { DATABASE_FILE, openDatabase, type Database } from './database.ts'
import { createScrubber, type Scrubber } from './scrubber.ts'

let dir: string
let db: Database
let clock: FakeClock
let scrubber: Scrubber
let checkpoints: Checkpoints
/** Pages that were left to be copied each time when the log was cut off. */
let left: number[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hearth-scrubber-'))
  db = openDatabase(dir)
  clock = new FakeClock()
  const log = new Logger(clock, [])
  left = []
  const watched = Object.create(db, {
    truncateLog: {
      value: () => {
        const { pages, copied } = db.logPages()
        left.push(pages - copied)
        return db.truncateLog()
      },
    },
  }) as Database
  checkpoints = createCheckpoints(db, { clock, log })
  scrubber = createScrubber(watched, { clock, log, checkpoints })
})
afterEach(async () => {
  scrubber.stop()
  await checkpoints.stop()
  db.close()
  rmSync(dir, { recursive: true })
})

const files = (): string[] =>
  readdirSync(dir).filter((name) => readFileSync(join(dir, name)).includes('quetzalcoatl'))

function writeAndDelete(): void {
  db.run("INSERT INTO room_ids VALUES (1, 'quetzalcoatl')")
  db.run('DELETE FROM room_ids')
}

test('some seconds after content was deleted it is in no file', async () => {
  writeAndDelete()
  expect(files()).toEqual([`${DATABASE_FILE}-wal`])
  scrubber.soon()
  scrubber.soon()
  clock.step(10_000)
  await vi.waitFor(() => expect(files()).toEqual([]))
})

test('a long log is copied aside before it is cut off', async () => {
  db.exec('CREATE TABLE notes (text TEXT) STRICT')
  for (let n = 0; n < 30; n++) db.run('INSERT INTO notes (text) VALUES (?)', 'x'.repeat(50 * 4096))
  writeAndDelete()
  scrubber.soon()
  clock.step(10_000)
  await vi.waitFor(() => expect(files()).toEqual([]), 10_000)
  expect(left).toEqual([expect.any(Number)])
  expect(left[0]).toBeLessThan(400)
})

test('while somebody reads an older state it is tried again', async () => {
  const reader = new DatabaseSync(join(dir, DATABASE_FILE), { readOnly: true })
  db.run("INSERT INTO room_ids VALUES (2, 'another')")
  reader.exec('BEGIN; SELECT count(*) FROM room_ids;')
  writeAndDelete()
  scrubber.soon()
  clock.step(10_000)
  await vi.waitFor(() => expect(left).toHaveLength(1))
  expect(files()).toEqual([`${DATABASE_FILE}-wal`])
  reader.close()
  clock.step(60_000)
  await vi.waitFor(() => expect(files()).toEqual([]))
})
