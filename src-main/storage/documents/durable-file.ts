import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { toStorageError } from '../errors.ts'

/**
 * Replaces a file so that after a crash it holds the old or the new text, never a part: a
 * temporary file beside it is written, synced and renamed over it, then the folder is synced. Mode 0600.
 * Throws `DiskFullError`, or the error of `node:fs`; the file is then as it was.
 */
export function writeFileDurably(path: string, text: string): void {
  try {
    write(path, text)
  } catch (error) {
    throw toStorageError(error, path)
  }
}

function write(path: string, text: string): void {
  const temporary = `${path}.tmp`
  // What an earlier crash left may have any mode or be a link.
  rmSync(temporary, { force: true })
  const file = openSync(temporary, 'wx', 0o600)
  try {
    fchmodSync(file, 0o600)
    writeFileSync(file, text)
    fsyncSync(file)
  } catch (error) {
    closeSync(file)
    rmSync(temporary, { force: true })
    throw error
  }
  closeSync(file)
  renameSync(temporary, path)
  syncFolder(dirname(path))
}

/** Makes new names in a folder durable. Windows cannot open folders, and does not need it. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
