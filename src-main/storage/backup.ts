import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Database } from './database.ts'
import { syncFolder } from './documents/durable-file.ts'
import { StorageError } from './errors.ts'

/**
 * A complete, consistent copy of the database at `target` (0600), which must not exist, made in steps
 * while the node goes on working. Durable when the promise resolves; a failure leaves no partial file.
 * Rejects with `DiskFullError` or `StorageError`.
 */
export async function backupDatabase(db: Database, target: string): Promise<void> {
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  const partial = `${target}.partial`
  rmSync(partial, { force: true })
  reserve(target)
  try {
    closeSync(openSync(partial, 'wx', 0o600))
    await db.copyTo(partial)
    sync(partial)
    renameSync(partial, target)
    syncFolder(dirname(target))
  } catch (error) {
    rmSync(partial, { force: true })
    rmSync(target, { force: true })
    throw error
  }
}

/** Takes the name, so that no file of somebody else is ever replaced. */
function reserve(target: string): void {
  try {
    closeSync(openSync(target, 'wx', 0o600))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StorageError(`The backup ${target} cannot be written: ${reason}`, error)
  }
}

function sync(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
