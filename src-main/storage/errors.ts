/** A failure of the disk or of the database file; the message is a sentence for people. */
export class StorageError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StorageError'
  }
}

/** The disk is full or refuses writes. Nothing of the transaction was kept; it can be tried again later. */
export class DiskFullError extends StorageError {
  override name = 'DiskFullError'
}

/** The database file is damaged, or is not a database. */
export class CorruptDatabaseError extends StorageError {
  override name = 'CorruptDatabaseError'
}

/** The data was written by a newer version of Hearth. */
export class NewerDatabaseError extends StorageError {
  override name = 'NewerDatabaseError'
}

const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26

/** Result codes: https://www.sqlite.org/rescode.html; the low byte is the primary code. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

/** Errors of `node:fs` that mean the same as SQLite's "full": no space, over quota, over a size limit. */
const FULL_CODES: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

function isFull(error: unknown): boolean {
  return (
    sqliteCode(error) === SQLITE_FULL ||
    (error instanceof Error && 'code' in error && FULL_CODES.has(error.code))
  )
}

/** Gives the errors that people can do something about a type and a sentence; others pass unchanged. */
export function toStorageError(error: unknown, path: string): unknown {
  if (isFull(error)) {
    return new DiskFullError(
      `The disk with ${path} is full. Nothing was lost, but nothing new can be saved until space is freed.`,
      error,
    )
  }
  switch (sqliteCode(error)) {
    case SQLITE_IOERR:
      return new DiskFullError(
        `The disk refuses to read or write ${path} (full, over quota, unplugged or failing). Nothing that was saved is changed.`,
        error,
      )
    case SQLITE_CORRUPT:
      return new CorruptDatabaseError(
        `The database ${path} is damaged. Stop Hearth, keep a copy of the file, and restore the newest backup beside it.`,
        error,
      )
    case SQLITE_NOTADB:
      return new CorruptDatabaseError(
        `${path} is not a Hearth database. Move it away, or restore the newest backup beside it.`,
        error,
      )
    default:
      return error
  }
}
