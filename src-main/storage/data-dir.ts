import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StorageError } from './errors.ts'

const OPEN_TO_OTHERS = 0o077
const SQLITE_BUSY = 5

/** A lock that nobody refers to would be released with its garbage. */
const held = new Set<DatabaseSync>()

export interface DataDir {
  readonly path: string
  /** Whether the folder could be read by other users before, and was closed to them now. */
  readonly wasOpenToOthers: boolean
  /** Lets another process have the folder. */
  close(): void
}

/**
 * Opens the data folder for this process alone: makes it (0700) where it is missing, and locks it.
 * The lock is an exclusive SQLite transaction on `lock.db`: the operating system releases it however
 * the process ends, and it needs no native module. Throws `StorageError` where another process has it.
 */
export function openDataDir(path: string): DataDir {
  const wasOpenToOthers = prepareFolder(path)
  const lock = lockFolder(path)
  held.add(lock)
  return {
    path,
    wasOpenToOthers,
    close() {
      if (held.delete(lock)) lock.close()
    },
  }
}

function prepareFolder(path: string): boolean {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    const stat = statSync(path)
    if (!stat.isDirectory()) throw new StorageError(`The data folder ${path} is a file.`)
    const open = process.platform !== 'win32' && (stat.mode & OPEN_TO_OTHERS) !== 0
    if (open) chmodSync(path, 0o700)
    return open
  } catch (error) {
    if (error instanceof StorageError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new StorageError(`The data folder ${path} cannot be used: ${reason}`, error)
  }
}

function lockFolder(path: string): DatabaseSync {
  const file = join(path, 'lock.db')
  const pidFile = join(path, 'lock.pid')
  let db: DatabaseSync | undefined
  try {
    // Opened only where it is missing: closing a file drops all of this process's POSIX locks on it.
    createOnce(file)
    db = new DatabaseSync(file, { timeout: 0 })
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db?.close()
    if (!isBusy(error)) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new StorageError(`The data folder ${path} cannot be locked: ${reason}`, error)
    }
    throw new StorageError(
      `The data folder ${path} is in use by another Hearth (${holder(pidFile)}). Stop that one first, or choose another --data-dir.`,
      error,
    )
  }
  // Only for the message above; the lock itself is what counts.
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 })
  return db
}

function createOnce(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY
}

function holder(pidFile: string): string {
  try {
    return `process ${readFileSync(pidFile, 'utf8').trim()}`
  } catch (error) {
    return `its process id is not known: ${error instanceof Error ? error.message : String(error)}`
  }
}
