import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { backupDatabase } from './backup.ts'
import { openDataDir } from './data-dir.ts'
import { Database, DATABASE_FILE, openDatabase } from './database.ts'
import { CorruptDatabaseError, DiskFullError, NewerDatabaseError } from './errors.ts'
import { databaseVersion, migrate } from './migrate.ts'
import { migrations, type Migration } from './migrations/index.ts'

let dir: string
let file: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hearth-database-'))
  file = join(dir, DATABASE_FILE)
})
afterEach(() => rmSync(dir, { recursive: true }))

const newest = migrations.at(-1)?.id ?? 0

function schemaOf(db: Database): unknown {
  return db.all("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
}

/** The database as the version that ended with this migration left it. */
function writeFixture(version: number): void {
  const db = new Database(file)
  migrate(
    db,
    migrations.filter((step) => step.id <= version),
    { backup: false },
  )
  db.transaction(() => {
    db.run("INSERT INTO room_ids VALUES (1, '!kept:x')")
    db.run("INSERT INTO rooms (room_nid, version, current_state, participating) VALUES (1, '12', 0, 1)")
  })
  db.close()
}

function backups(): string[] {
  return readdirSync(dir).filter((name) => name.endsWith('.backup'))
}

test.each(migrations.map((step) => step.id))(
  'a database of version %i is brought to the newest',
  (version) => {
    writeFixture(version)
    const db = openDatabase(dir)
    expect(databaseVersion(db)).toBe(newest)
    expect(db.all('SELECT room_id FROM room_ids')).toEqual([{ room_id: '!kept:x' }])
    const fresh = new Database(':memory:')
    migrate(fresh, migrations, { backup: false })
    expect(schemaOf(db)).toEqual(schemaOf(fresh))
    db.close()
    expect(backups()).toHaveLength(version < newest ? 1 : 0)
    for (const name of backups()) {
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600)
      const copy = new Database(join(dir, name))
      expect(databaseVersion(copy)).toBe(version)
      expect(copy.all('SELECT room_id FROM room_ids')).toEqual([{ room_id: '!kept:x' }])
      copy.close()
    }
  },
)

test('a failing migration leaves the database as it was, at the step before', () => {
  const db = new Database(file)
  const steps: Migration[] = [
    { id: 1, name: 'one', sql: 'CREATE TABLE a (x); INSERT INTO a VALUES (1);' },
    { id: 2, name: 'two', sql: 'CREATE TABLE b (x);' },
    { id: 3, name: 'three', sql: 'INSERT INTO a VALUES (2); INSERT INTO nowhere VALUES (1);' },
  ]
  expect(() => migrate(db, steps, { backup: true })).toThrow('nowhere')
  expect(databaseVersion(db)).toBe(2)
  expect(db.all('SELECT x FROM a')).toEqual([{ x: 1 }])
  db.close()
})

test('a database of a newer version is refused, with both versions, and untouched', () => {
  writeFixture(newest)
  const db = new Database(file)
  db.exec(`PRAGMA user_version = ${newest + 5}`)
  db.close()
  const before = readFileSync(file)
  expect(() => openDatabase(dir)).toThrow(NewerDatabaseError)
  expect(() => openDatabase(dir)).toThrow(new RegExp(`version ${newest + 5}.*up to ${newest}\\b`))
  expect(readFileSync(file).equals(before)).toBe(true)
})

test('a file that is no database, and a damaged one, are clear errors', () => {
  writeFileSync(file, 'this is certainly not a database, but it is long enough to be read as one'.repeat(20))
  expect(() => openDatabase(dir)).toThrow(CorruptDatabaseError)
  expect(() => openDatabase(dir)).toThrow('is not a Hearth database')
  rmSync(file)
  const db = openDatabase(dir)
  db.transaction(() => {
    for (let n = 0; n < 2000; n++) db.run('INSERT INTO room_ids (room_id) VALUES (?)', `!room${n}:x`)
  })
  db.close()
  const bytes = readFileSync(file)
  bytes.fill(0xa5, 4096 * 3)
  writeFileSync(file, bytes)
  expect(() => {
    const damaged = openDatabase(dir)
    try {
      damaged.all('SELECT * FROM room_ids ORDER BY room_id')
    } finally {
      damaged.close()
    }
  }).toThrow(CorruptDatabaseError)
})

test('files are for their owner only', () => {
  rmSync(dir, { recursive: true })
  mkdirSync(dir, { mode: 0o755 })
  const data = openDataDir(dir)
  const db = openDatabase(dir)
  db.transaction(() => db.run("INSERT INTO room_ids (room_id) VALUES ('x')"))
  expect(data.wasOpenToOthers).toBe(true)
  expect(statSync(dir).mode & 0o777).toBe(0o700)
  for (const name of readdirSync(dir))
    expect([name, statSync(join(dir, name)).mode & 0o777]).toEqual([name, 0o600])
  db.close()
  data.close()
})

test('a full disk undoes the transaction, says so, and hurts nothing else', () => {
  const db = openDatabase(dir)
  const pages = Number(db.get('PRAGMA page_count')?.['page_count'])
  db.exec(`PRAGMA max_page_count = ${pages + 20}`)
  const insert = (text: string): void =>
    db.transaction(() => {
      db.run('INSERT INTO room_ids (room_id) VALUES (?)', text)
    })
  insert('first')
  expect(() => insert('x'.repeat(1_000_000))).toThrow(DiskFullError)
  expect(db.inTransaction).toBe(false)
  insert('second')
  expect(db.all('SELECT room_id FROM room_ids')).toEqual([{ room_id: 'first' }, { room_id: 'second' }])
  expect(db.get('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' })
  db.close()
})

test('an asynchronous transaction is refused and undone', () => {
  const db = openDatabase(dir)
  expect(() =>
    db.transaction(async () => {
      db.run("INSERT INTO room_ids (room_id) VALUES ('x')")
      await Promise.resolve()
    }),
  ).toThrow('asynchronous')
  expect(db.all('SELECT 1 FROM room_ids')).toEqual([])
  db.close()
})

test('a backup is complete, made while writing goes on, and replaces nothing', async () => {
  const db = openDatabase(dir)
  const insert = (n: number): void =>
    db.transaction(() => {
      db.run('INSERT INTO room_ids (room_id) VALUES (?)', `!${n}:x`.padEnd(2000))
    })
  for (let n = 0; n < 1000; n++) insert(n)
  const target = join(dir, 'backups', 'one.db')
  const running = backupDatabase(db, target)
  for (let n = 1000; n < 1100; n++) insert(n)
  await running
  const copy = new Database(target)
  expect(copy.get('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' })
  expect(Number(copy.get('SELECT count(*) AS n FROM room_ids')?.['n'])).toBeGreaterThanOrEqual(1000)
  copy.close()
  expect(statSync(target).mode & 0o777).toBe(0o600)
  const before = readFileSync(target)
  await expect(backupDatabase(db, target)).rejects.toThrow('cannot be written')
  expect(readFileSync(target).equals(before)).toBe(true)
  db.close()
})

// ---- with a second process

const child = `
  const [folder] = process.argv.slice(1)
  const { openDataDir } = await import('./src-main/storage/data-dir.ts')
  const { openDatabase } = await import('./src-main/storage/database.ts')
  openDataDir(folder)
  const db = openDatabase(folder)
  for (let n = 0; ; n++) {
    try {
      db.transaction(() => {
        db.run('INSERT INTO room_ids (room_id) VALUES (?)', 'a' + n + ' '.repeat(300))
        db.run('INSERT INTO room_ids (room_id) VALUES (?)', 'b' + n + ' '.repeat(300))
      })
    } catch (error) {
      console.log('error ' + error.name)
      break
    }
    console.log(n)
    await new Promise((resolve) => setImmediate(resolve))
  }
`
const nodeArguments = ['--input-type=module', '-e', child]

function rowsAfter(): { a: Set<number>; b: Set<number> } {
  const db = openDatabase(dir)
  expect(db.get('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' })
  const found = { a: new Set<number>(), b: new Set<number>() }
  for (const row of db.all('SELECT room_id FROM room_ids')) {
    const text = String(row['room_id']).trim()
    found[text.startsWith('a') ? 'a' : 'b'].add(Number(text.slice(1)))
  }
  db.close()
  return found
}

test('kill -9 loses nothing acknowledged and leaves nothing half done; the folder is locked until then', async () => {
  const running = spawn(process.execPath, [...nodeArguments, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  let acknowledged = -1
  let refusal = ''
  const lines = createInterface({ input: running.stdout })
  lines.on('line', (line) => {
    acknowledged = Number(line)
    if (acknowledged !== 50) return
    try {
      openDataDir(dir)
    } catch (error) {
      refusal = String(error)
    }
    running.kill('SIGKILL')
  })
  await Promise.all([once(running, 'exit'), once(lines, 'close')])
  expect(refusal).toContain(`process ${running.pid}`)
  expect(acknowledged).toBeGreaterThanOrEqual(50)
  const data = openDataDir(dir)
  const { a, b } = rowsAfter()
  for (let n = 0; n <= acknowledged; n++) expect(a.has(n)).toBe(true)
  expect(b).toEqual(a)
  data.close()
})

test.skipIf(process.platform === 'win32')(
  'a disk that takes no more is an error, and what was saved stays',
  async () => {
    // The limit counts 512-byte blocks; its signal is ignored, so that writes fail as on a full disk.
    const script = `trap '' XFSZ; ulimit -f 2400; exec "$0" "$@"`
    const running = spawn('sh', ['-c', script, process.execPath, ...nodeArguments, dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let acknowledged = -1
    let error: string | undefined
    const lines = createInterface({ input: running.stdout })
    lines.on('line', (line) => {
      if (line.startsWith('error')) error = line
      else acknowledged = Number(line)
    })
    await Promise.all([once(running, 'exit'), once(lines, 'close')])
    expect(error).toBe('error DiskFullError')
    expect(acknowledged).toBeGreaterThan(10)
    const { a, b } = rowsAfter()
    expect(a.size).toBe(acknowledged + 1)
    expect(b).toEqual(a)
  },
)

test('the folder is locked in the same process too, until it is closed', () => {
  const first = openDataDir(dir)
  expect(() => openDataDir(dir)).toThrow(`process ${process.pid}`)
  // Reading the lock file does not help either.
  expect(() => new DatabaseSync(join(dir, 'lock.db'), { timeout: 0 }).exec('BEGIN EXCLUSIVE')).toThrow(
    'locked',
  )
  first.close()
  openDataDir(dir).close()
})

test('a data folder that is a file is a clear error', () => {
  writeFileSync(join(dir, 'file'), '')
  expect(() => openDataDir(join(dir, 'file'))).toThrow('data folder')
})
