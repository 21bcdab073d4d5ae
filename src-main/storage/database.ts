import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { backup, DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { toStorageError } from './errors.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'

/** No column here holds a BLOB, and no number goes beyond what a double holds. */
export type Row = Record<string, string | number | null>

export const DATABASE_FILE = 'hearth.db'

/** Another process (a copy being made) may hold the file for so long. */
const BUSY_TIMEOUT_MS = 5_000
/** In one step, as one of several starts again whenever something was written in between. */
const ALL_PAGES = 2 ** 31 - 1
/** What begins otherwise may write, `INSERT … RETURNING` for example. */
const ONLY_READS = /^\s*(SELECT|PRAGMA|BEGIN|SAVEPOINT|RELEASE|COMMIT)\b/i

interface Prepared {
  readonly statement: StatementSync
  readonly writes: boolean
}

/**
 * One SQLite connection with cached statements and nested transactions. All stores of a node share
 * one `Database`, so that what belongs together commits together.
 */
export class Database {
  readonly path: string
  private readonly db: DatabaseSync
  private readonly statements = new Map<string, Prepared>()
  private depth = 0
  private written: (() => void) | undefined
  private isTold = false
  private rollbackHooks: (() => void)[] = []
  private readonly everyRollbackHooks: (() => void)[] = []
  private readonly commitHooks: (() => void)[] = []
  private readonly committedHooks: (() => void)[] = []

  /** `path` is a file, or `:memory:` in tests that need no restart. */
  constructor(path: string) {
    this.path = path
    this.db = this.guard(() => new DatabaseSync(path))
    try {
      this.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = ' +
          `${BUSY_TIMEOUT_MS}; ` +
          'PRAGMA cache_size = -32000; PRAGMA journal_size_limit = 67108864; PRAGMA secure_delete = ON;',
      )
    } catch (error) {
      this.db.close()
      throw error
    }
  }

  exec(sql: string): void {
    this.guard(() => this.db.exec(sql))
  }

  all(sql: string, ...params: SQLInputValue[]): Row[] {
    try {
      const { statement, writes } = this.prepared(sql)
      const rows = statement.all(...params) as Row[]
      if (writes) this.wrote()
      return rows
    } catch (error) {
      throw toStorageError(error, this.path)
    }
  }

  get(sql: string, ...params: SQLInputValue[]): Row | undefined {
    try {
      const { statement, writes } = this.prepared(sql)
      const row = statement.get(...params) as Row | undefined
      if (writes) this.wrote()
      return row
    } catch (error) {
      throw toStorageError(error, this.path)
    }
  }

  run(sql: string, ...params: SQLInputValue[]): { changes: number; lastInsertRowid: number } {
    try {
      const { statement, writes } = this.prepared(sql)
      const result = statement.run(...params)
      if (writes) this.wrote()
      return { changes: Number(result.changes), lastInsertRowid: Number(result.lastInsertRowid) }
    } catch (error) {
      throw toStorageError(error, this.path)
    }
  }

  get inTransaction(): boolean {
    return this.depth > 0
  }

  /**
   * Durable when it returns (outermost) or, after `leaveDiskTo`, when that says so; undone when `fn` throws. `fn`
   * must be synchronous.
   * `survives: 'crash'` does not wait for the disk: a crash of this process loses nothing, a power cut
   * may, of this transaction and never of an earlier one. Only for what is repeated harmlessly.
   */
  transaction<T>(fn: () => T, survives: 'power-cut' | 'crash' = 'power-cut'): T {
    if (survives === 'crash' && this.depth === 0 && this.written === undefined) {
      this.exec('PRAGMA synchronous = NORMAL')
      try {
        return this.transaction(fn)
      } finally {
        this.exec('PRAGMA synchronous = FULL')
      }
    }
    const depth = this.depth
    const name = `sp${depth}`
    if (depth === 0) this.isTold = false
    this.run(depth === 0 ? 'BEGIN IMMEDIATE' : `SAVEPOINT ${name}`)
    this.depth = depth + 1
    try {
      const result = fn()
      if (result instanceof Promise) throw new TypeError('A transaction cannot be asynchronous')
      if (depth === 0) for (const hook of this.commitHooks) hook()
      this.run(depth === 0 ? 'COMMIT' : `RELEASE ${name}`)
      this.depth = depth
      if (depth === 0) {
        this.rollbackHooks = []
        if (survives === 'power-cut' || this.isTold) this.written?.()
        for (const hook of this.committedHooks) hook()
      }
      return result
    } catch (error) {
      this.depth = depth
      this.undo(name)
      throw error
    }
  }

  /** `fn` in the transaction that is open, which it undoes as a whole by throwing; else in one of its own. */
  within<T>(fn: () => T, survives?: 'power-cut' | 'crash'): T {
    return this.depth > 0 ? fn() : this.transaction(fn, survives)
  }

  /**
   * From now on a write that must survive a power cut does not wait for the disk: `written` is called after each of
   * them, must not throw, and sees to it that nobody is told before the write-ahead log is on the disk. With
   * undefined, every write waits again. Not inside a transaction.
   */
  leaveDiskTo(written: (() => void) | undefined): void {
    this.exec(`PRAGMA synchronous = ${written === undefined ? 'FULL' : 'NORMAL'}`)
    this.written = written
  }

  /**
   * Clients are told of something in this transaction, under a number that must not be given again: after
   * `leaveDiskTo` it survives a power cut, whatever it was begun for.
   */
  willBeTold(): void {
    this.isTold = true
  }

  /** `hook` runs in every outermost transaction before it is committed: for what is written once in each. */
  beforeEveryCommit(hook: () => void): void {
    this.commitHooks.push(hook)
  }

  /** `hook` runs after every outermost transaction. Must not throw. */
  afterEveryCommit(hook: () => void): void {
    this.committedHooks.push(hook)
  }

  /** `hook` runs if the current transaction (or the savepoint in it) is undone: to drop caches. */
  onRollback(hook: () => void): void {
    this.rollbackHooks.push(hook)
  }

  /** `hook` runs whenever any transaction or savepoint is undone: for caches that live as long as the store. */
  onEveryRollback(hook: () => void): void {
    this.everyRollbackHooks.push(hook)
  }

  /**
   * Copies the database as it is now to `path`, on another thread, while it stays in use; see
   * `backup.ts` for the durable form. A connection of its own reads one snapshot: copying through
   * this one fails whenever a step meets an open transaction. Not for `:memory:`.
   */
  async copyTo(path: string): Promise<void> {
    try {
      const source = new DatabaseSync(this.path, { readOnly: true, timeout: 5000 })
      try {
        await backup(source, path, { rate: ALL_PAGES })
      } finally {
        source.close()
      }
    } catch (error) {
      throw toStorageError(error, path)
    }
  }

  /**
   * Copies the write-ahead log into the database and empties it; false while others read from it.
   * Not inside a transaction.
   */
  truncateLog(): boolean {
    // It would wait for them, and everybody for it.
    this.exec('PRAGMA busy_timeout = 0')
    try {
      return this.get('PRAGMA wal_checkpoint(TRUNCATE)')?.['busy'] === 0
    } finally {
      this.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    }
  }

  /** From SQLite 3.51 on; an older one would copy them to know. */
  get tellsLogPages(): boolean {
    const [major = 0, minor = 0] = (process.versions['sqlite'] ?? '').split('.').map(Number)
    return major > 3 || (major === 3 && minor >= 51)
  }

  /** Pages of the write-ahead log, and how many of them are copied into the database. Where `tellsLogPages`. */
  logPages(): { pages: number; copied: number } {
    const row = this.get('PRAGMA wal_checkpoint(NOOP)')
    return { pages: Number(row?.['log'] ?? 0), copied: Number(row?.['checkpointed'] ?? 0) }
  }

  /** Copies of the log what nobody needs there. Not inside a transaction. */
  copyLog(): void {
    this.get('PRAGMA wal_checkpoint(PASSIVE)')
  }

  /** A COMMIT copies a log of more pages, and waits for it; undefined is SQLite's own choice. */
  copyLogAbove(pages: number | undefined): void {
    this.exec(`PRAGMA wal_autocheckpoint = ${pages ?? 1_000}`)
  }

  close(): void {
    this.db.close()
  }

  private undo(name: string): void {
    try {
      // SQLite ends a transaction by itself on some errors (a full disk at COMMIT).
      if (this.db.isTransaction) {
        this.db.exec(this.depth === 0 ? 'ROLLBACK' : `ROLLBACK TO ${name}; RELEASE ${name}`)
      }
    } finally {
      const hooks = this.rollbackHooks
      if (this.depth === 0) this.rollbackHooks = []
      for (const hook of [...this.everyRollbackHooks, ...hooks]) hook()
    }
  }

  private prepared(sql: string): Prepared {
    let prepared = this.statements.get(sql)
    if (prepared === undefined) {
      // SQLite plans a statement anew whenever a bare parameter of its LIMIT is bound, at ten times its cost.
      const statement = this.db.prepare(sql.replaceAll(/\bLIMIT (\?\d*)/g, 'LIMIT ($1 + 0)'))
      prepared = { statement, writes: !ONLY_READS.test(sql) }
      this.statements.set(sql, prepared)
    }
    return prepared
  }

  /** A statement outside a transaction is one by itself. */
  private wrote(): void {
    if (this.depth === 0) this.written?.()
  }

  private guard<T>(fn: () => T): T {
    try {
      return fn()
    } catch (error) {
      throw toStorageError(error, this.path)
    }
  }
}

/**
 * Opens `hearth.db` in the data folder and brings it to the newest version. With `backup`, an
 * existing database is copied beside itself before its first pending migration runs.
 * Throws `NewerDatabaseError`, `CorruptDatabaseError` or `DiskFullError`; the file is then as it was.
 */
export function openDatabase(dataDir: string, options: { backup: boolean } = { backup: true }): Database {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, DATABASE_FILE)
  // Created by us first, as SQLite would leave it readable to others; its WAL takes the same mode.
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
  const db = new Database(path)
  try {
    migrate(db, migrations, options)
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

/** An empty database of the newest version that lives in memory only; for tests. */
export function openMemoryDatabase(): Database {
  const db = new Database(':memory:')
  migrate(db, migrations, { backup: false })
  return db
}
