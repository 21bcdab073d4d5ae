import {
  copyFileSync,
  fdatasync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../test/harness/clock.ts'
import { Logger } from '../trace/log.ts'
import { DATABASE_FILE, openDatabase, type Database } from './database.ts'
import { createDurability, type Durability } from './durability.ts'
import { DiskFullError } from './errors.ts'

let dir: string
let db: Database
let durability: Durability
let clock: FakeClock
/** What the thread was asked and has not answered yet. */
let disk: ((error: Error | null) => void)[]
let syncs: number
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hearth-durability-'))
  db = openDatabase(dir)
  db.exec('CREATE TABLE notes (text TEXT) STRICT')
  clock = new FakeClock()
  disk = []
  syncs = 0
})
afterEach(async () => {
  const stopping = durability.stop()
  while (disk.length > 0) answer()
  await stopping
  db.close()
  rmSync(dir, { recursive: true })
})

const begin = (): void => {
  durability = createDurability(db, {
    clock,
    log: new Logger(clock, []),
    sync: (_fd, done) => {
      syncs += 1
      disk.push(done)
    },
  })
}
const answer = (error: Error | null = null): void => disk.shift()?.(error)
const write = (text: string): void => void db.run('INSERT INTO notes (text) VALUES (?)', text)
const outcome = async (promise: Promise<void> | undefined): Promise<unknown> => {
  let result: unknown = 'waits'
  promise?.then(
    () => (result = 'safe'),
    (error: unknown) => (result = error),
  )
  await setImmediate()
  return promise === undefined ? 'nothing to wait for' : result
}

test('what is written waits for the thread, and nobody waits where nothing was written', async () => {
  begin()
  expect(durability.durable()).toBe(undefined)
  db.transaction(() => write('one'))
  const first = durability.durable()
  expect(await outcome(first)).toBe('waits')
  answer()
  expect(await outcome(first)).toBe('safe')
  expect(durability.durable()).toBe(undefined)
})

test('all that is written while the disk works goes to it together, and waits for that', async () => {
  begin()
  write('one')
  const first = durability.durable()
  write('two')
  const second = durability.durable()
  write('three')
  expect(syncs).toBe(1)
  answer()
  expect(await outcome(first)).toBe('safe')
  expect(await outcome(second)).toBe('waits')
  expect(syncs).toBe(2)
  answer()
  expect(await outcome(second)).toBe('safe')
  expect(durability.durable()).toBe(undefined)
  expect(syncs).toBe(2)
})

test.each([
  ['a transaction', () => db.transaction(() => write('x')), true],
  ['one that is repeated harmlessly', () => db.transaction(() => write('x'), 'crash'), false],
  [
    'one of those of which clients are told',
    () =>
      db.transaction(() => {
        db.willBeTold()
        write('x')
      }, 'crash'),
    true,
  ],
  [
    'one that was undone',
    () =>
      expect(() =>
        db.transaction(() => {
          write('x')
          throw new Error('no')
        }),
      ).toThrow('no'),
    false,
  ],
  [
    'a savepoint, with the transaction around it',
    () => db.transaction(() => db.transaction(() => write('x'), 'crash')),
    true,
  ],
  ['a statement by itself', () => write('x'), true],
  [
    'one that returns what it wrote',
    () => db.get('INSERT INTO notes (text) VALUES (?) RETURNING text', 'x'),
    true,
  ],
  [
    'several of them',
    () => db.all(`WITH a (t) AS (VALUES ('x')) INSERT INTO notes SELECT t FROM a RETURNING text`),
    true,
  ],
  ['a question', () => db.all('SELECT * FROM notes'), false],
])('%s', (_what, act, waits) => {
  begin()
  act()
  expect(durability.durable() !== undefined).toBe(waits)
})

test('what the disk refused is brought to it by way of the database', async () => {
  begin()
  write('one')
  const waiting = durability.durable()
  answer(new Error('EIO: i/o error, fdatasync'))
  expect(await outcome(waiting)).toBe('safe')
  expect(statSync(`${db.path}-wal`).size).toBe(0)
  expect(durability.durable()).toBe(undefined)
})

test('a disk that refuses lets nobody be told, until it takes all of it', async () => {
  begin()
  write('before')
  answer()
  const reader = new DatabaseSync(db.path, { readOnly: true })
  reader.exec('BEGIN; SELECT * FROM notes')
  // It keeps the log from being copied, as a disk does that refuses that, too.
  const reading = reader.prepare('SELECT * FROM notes')
  reading.all()
  write('one')
  const waiting = durability.durable()
  answer(new Error('EIO: i/o error, fdatasync'))
  expect(await outcome(waiting)).toBeInstanceOf(DiskFullError)
  expect(await outcome(durability.durable())).toBeInstanceOf(DiskFullError)
  write('two')
  expect(disk).toHaveLength(0)
  clock.step(1_000)
  expect(await outcome(durability.durable())).toBeInstanceOf(DiskFullError)
  reader.exec('COMMIT')
  reader.close()
  clock.step(1_000)
  expect(durability.durable()).toBe(undefined)
  write('three')
  expect(await outcome(durability.durable())).toBe('waits')
  answer()
  expect(durability.durable()).toBe(undefined)
})

test('stopping waits for the disk, and gives the waiting back to those who write', async () => {
  begin()
  write('one')
  let stopped = false
  const stopping = durability.stop().then(() => (stopped = true))
  await setImmediate()
  expect(stopped).toBe(false)
  answer()
  await stopping
  expect(db.get('PRAGMA synchronous')).toEqual({ synchronous: 2 })
  write('two')
  expect(durability.durable()).toBe(undefined)
  begin()
})

test('a power cut takes nothing of what was said to be safe', async () => {
  /** As much of the log as the disk surely has. */
  let onDisk = 0
  durability = createDurability(db, {
    clock,
    log: new Logger(clock, []),
    sync: (fd, done) => {
      const { size } = statSync(`${db.path}-wal`)
      fdatasync(fd, (error) => {
        if (error === null) onDisk = size
        done(error)
      })
    },
  })
  let written = 0
  let safe = 0
  for (let cut = 0; cut < 30; cut++) {
    for (let n = 0; n < 5; n++) {
      const mine = ++written
      db.transaction(() => write(`${mine} ${'x'.repeat((mine * 997) % 9_000)}`))
      const waiting = durability.durable()?.then(() => (safe = Math.max(safe, mine)))
      if (mine % 3 === 0) await waiting
    }
    // What came after that is there in part, and its last page torn.
    const log = readFileSync(`${db.path}-wal`)
    const image = join(dir, `cut-${cut}`)
    mkdirSync(image)
    copyFileSync(db.path, join(image, DATABASE_FILE))
    writeFileSync(
      join(image, `${DATABASE_FILE}-wal`),
      log.subarray(0, onDisk + Math.floor(((log.length - onDisk) * (cut % 7)) / 7)),
    )
    const after = new DatabaseSync(join(image, DATABASE_FILE))
    const kept = after.prepare('SELECT count(*) AS n FROM notes').get()?.['n']
    expect(kept).toBeGreaterThanOrEqual(safe)
    expect(after.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    after.close()
  }
  expect(safe).toBeGreaterThan(0)
})
