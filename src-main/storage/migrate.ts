import { chmodSync, closeSync, openSync, rmSync } from 'node:fs'
import type { Database } from './database.ts'
import { NewerDatabaseError } from './errors.ts'
import type { Migration } from './migrations/index.ts'

/** The number of the last migration that ran; 0 for a new database. */
export function databaseVersion(db: Database): number {
  return Number(db.get('PRAGMA user_version')?.['user_version'] ?? 0)
}

/**
 * Runs what is pending of `steps`, each in a transaction of its own, so that a crash in between
 * continues where it stopped. Forward only: a database of a newer version is refused untouched.
 */
export function migrate(db: Database, steps: readonly Migration[], options: { backup: boolean }): void {
  const known = checkedLast(steps)
  const version = databaseVersion(db)
  if (version > known) {
    throw new NewerDatabaseError(
      `The database ${db.path} has version ${version}, and this Hearth knows versions up to ${known}. ` +
        'It was written by a newer Hearth: start that one, or restore a backup made by this one.',
    )
  }
  const pending = steps.filter((step) => step.id > version)
  if (pending.length > 0 && version > 0 && options.backup) backUpBefore(db, version)
  for (const step of pending) {
    db.transaction(() => {
      db.exec(step.sql)
      // A pragma takes no parameters; the id is a number of ours.
      db.exec(`PRAGMA user_version = ${step.id}`)
    })
  }
}

/** Ids must increase, as the version is only the last of them. */
function checkedLast(steps: readonly Migration[]): number {
  let last = 0
  for (const step of steps) {
    if (!Number.isSafeInteger(step.id) || step.id <= last) {
      throw new Error(`Migration ${step.id} (${step.name}) is out of order`)
    }
    last = step.id
  }
  return last
}

/** A complete copy, written before the first change; without it no migration runs. */
function backUpBefore(db: Database, version: number): void {
  const target = `${db.path}.v${version}-${Date.now()}.backup`
  // VACUUM INTO accepts an empty file, so the mode can be right from the start.
  closeSync(openSync(target, 'wx', 0o600))
  try {
    db.run('VACUUM INTO ?', target)
    chmodSync(target, 0o600)
  } catch (error) {
    rmSync(target, { force: true })
    throw error
  }
}
