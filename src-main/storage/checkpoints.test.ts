import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../trace/clock.ts'
import { Logger } from '../trace/log.ts'
import { createCheckpoints, type Checkpoints } from './checkpoints.ts'
import { DATABASE_FILE, openDatabase, type Database } from './database.ts'

let dir: string
let db: Database
let checkpoints: Checkpoints
let warnings: unknown[]
beforeEach(() => {
  warnings = []
  dir = mkdtempSync(join(tmpdir(), 'hearth-checkpoints-'))
  db = openDatabase(dir)
  db.exec('CREATE TABLE notes (text TEXT) STRICT')
})
afterEach(async () => {
  await checkpoints.stop()
  db.close()
  rmSync(dir, { recursive: true })
})

const PAGE = 4096
const start = (options: { idleMs?: number; database?: Database } = {}): void => {
  const log = new Logger(systemClock, [({ label, level }) => void warnings.push({ label, level })])
  checkpoints = createCheckpoints(options.database ?? db, { clock: systemClock, log, ...options })
}
const logBytes = (): number => statSync(join(dir, `${DATABASE_FILE}-wal`)).size
const write = (pages: number): void =>
  void db.run('INSERT INTO notes (text) VALUES (?)', 'x'.repeat(pages * PAGE))
const writeInTransactions = (count: number, pages: number): void => {
  for (let n = 0; n < count; n++) db.transaction(() => write(pages))
}

test('a long log is copied while nobody commits', async () => {
  start()
  writeInTransactions(60, 50)
  expect(db.logPages().copied).toBe(0)
  await vi.waitFor(() => {
    const { pages, copied } = db.logPages()
    expect(pages - copied).toBe(0)
  }, 10_000)
})

test('the log stays bounded while much is written all the time, and goes when it is over', async () => {
  start({ idleMs: 200 })
  let longest = 0
  for (let n = 0; n < 600; n++) {
    writeInTransactions(1, 100)
    longest = Math.max(longest, logBytes())
    await setImmediate()
  }
  expect(longest).toBeLessThan(20_000 * PAGE)
  await vi.waitFor(() => expect(logBytes()).toBe(0), 20_000)
  // The next burst has a thread again.
  writeInTransactions(60, 50)
  await vi.waitFor(() => {
    const { pages, copied } = db.logPages()
    expect(pages - copied).toBe(0)
  }, 10_000)
  expect(db.get('SELECT count(*) AS n FROM notes')).toEqual({ n: 660 })
})

test('while somebody writes without rest, who commits copies nothing until the log is long', async () => {
  let copiedHere = 0
  const watched = Object.create(db, {
    copyLog: {
      value: () => {
        copiedHere += 1
        db.copyLog()
      },
    },
  }) as Database
  start({ database: watched })
  writeInTransactions(22, 100)
  // The thread has copied what was there, and somebody goes on.
  while (db.logPages().copied < 2_000) {
    writeInTransactions(1, 1)
    await setImmediate()
  }
  writeInTransactions(50, 1)
  // The first rest is used: the log begins anew with what is written next.
  await vi.waitFor(() => expect(db.logPages().copied).toBe(db.logPages().pages), 10_000)
  writeInTransactions(1, 1)
  expect(db.logPages().pages).toBeLessThan(100)
  expect(copiedHere).toBe(0)
})

test('stopping in the middle of a copy leaves a whole database that nobody holds', async () => {
  start()
  writeInTransactions(100, 100)
  await vi.waitFor(() => expect(db.logPages().copied).toBeGreaterThan(0), { timeout: 10_000, interval: 1 })
  writeInTransactions(10, 100)
  await checkpoints.stop()
  db.close()
  const other = new DatabaseSync(join(dir, DATABASE_FILE))
  expect(other.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  expect(other.prepare('SELECT count(*) AS n FROM notes').get()).toEqual({ n: 110 })
  // Only the last that closes it takes the log away.
  other.close()
  expect(() => logBytes()).toThrow('ENOENT')
  db = openDatabase(dir)
})

test('without its thread, who commits copies', async () => {
  const elsewhere = Object.create(db, { path: { value: join(dir, 'nowhere', DATABASE_FILE) } }) as Database
  start({ database: elsewhere })
  writeInTransactions(60, 50)
  await vi.waitFor(() => expect(warnings).toHaveLength(1), 10_000)
  expect(db.get('PRAGMA wal_autocheckpoint')).toEqual({ wal_autocheckpoint: 1_000 })
  writeInTransactions(1, 1)
  const { pages, copied } = db.logPages()
  expect(pages - copied).toBe(0)
})

test('a disk that is full when the last of the log is copied ends the thread, and stopping waits for nobody', async () => {
  const full = Object.create(db, {
    copyLog: {
      value: () => {
        throw new Error('database or disk is full')
      },
    },
  }) as Database
  start({ database: full })
  writeInTransactions(90, 100)
  await vi.waitFor(() => expect(warnings).toHaveLength(1), 10_000)
  await checkpoints.stop()
  db.close()
  // Nobody else has it open: the last one takes the log away.
  expect(() => logBytes()).toThrow('ENOENT')
  db = openDatabase(dir)
  expect(db.get('SELECT count(*) AS n FROM notes')).toEqual({ n: 90 })
})
