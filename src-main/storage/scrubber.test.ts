import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../test/harness/clock.ts'
import { Logger } from '../trace/log.ts'
import { DATABASE_FILE, openDatabase, type Database } from './database.ts'
import { createScrubber, type Scrubber } from './scrubber.ts'

let dir: string
let db: Database
let clock: FakeClock
let scrubber: Scrubber
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hearth-scrubber-'))
  db = openDatabase(dir)
  clock = new FakeClock()
  scrubber = createScrubber(db, { clock, log: new Logger(clock, []) })
})
afterEach(() => {
  scrubber.stop()
  db.close()
  rmSync(dir, { recursive: true })
})

const files = (): string[] =>
  readdirSync(dir).filter((name) => readFileSync(join(dir, name)).includes('quetzalcoatl'))

function writeAndDelete(): void {
  db.run("INSERT INTO room_ids VALUES (1, 'quetzalcoatl')")
  db.run('DELETE FROM room_ids')
}

test('some seconds after content was deleted it is in no file', () => {
  writeAndDelete()
  expect(files()).toEqual([`${DATABASE_FILE}-wal`])
  scrubber.soon()
  scrubber.soon()
  clock.step(10_000)
  expect(files()).toEqual([])
})

test('while somebody reads an older state it is tried again', () => {
  const reader = new DatabaseSync(join(dir, DATABASE_FILE), { readOnly: true })
  db.run("INSERT INTO room_ids VALUES (2, 'another')")
  reader.exec('BEGIN; SELECT count(*) FROM room_ids;')
  writeAndDelete()
  scrubber.soon()
  clock.step(10_000)
  expect(files()).toEqual([`${DATABASE_FILE}-wal`])
  reader.close()
  clock.step(60_000)
  expect(files()).toEqual([])
})
