import { closeSync, fdatasync, openSync } from 'node:fs'
import type { Clock } from '../trace/clock.ts'
import type { Logger } from '../trace/log.ts'
import type { Database } from './database.ts'
import { DiskFullError } from './errors.ts'

const AGAIN_MS = 1_000

export interface Durability {
  /**
   * Undefined when all that was written is on the disk; else it resolves when all that was written before this call
   * is. Rejects with `DiskFullError` while the disk refuses it.
   */
  readonly durable: () => Promise<void> | undefined
  /** When it is over, all is on the disk, as far as that takes it, and every write waits for the disk again. */
  stop(): Promise<void>
}

/** Writes all that was written to the file, by whoever, to the disk. */
type Sync = (fd: number, done: (error: Error | null) => void) => void

/**
 * Brings what is committed to the disk on a thread, all that was committed meanwhile at once. In COMMIT the event
 * loop would stand still for as long as the disk takes, which under load is up to a fifth of a second. In return
 * whatever leaves the node has to wait for `durable`, be it an answer or a request.
 *
 * The write-ahead log is written in order, and SQLite ends reading it where a frame is not whole: a power cut takes
 * the last commits, of which nobody was told, and none before them.
 */
export function createDurability(
  db: Database,
  { clock, log, sync = fdatasync }: { clock: Clock; log: Logger; sync?: Sync },
): Durability {
  // It is there as long as anybody has the database open.
  const fd = openSync(`${db.path}-wal`, 'r+')
  /** Writes so far, and those of them that are on the disk. */
  let writes = 0
  let safe = 0
  /** Those that will be when the thread is done; undefined while it has nothing to do. */
  let under: { upTo: number; waiting: Waiting } | undefined
  let next: Waiting = []
  let failure: DiskFullError | undefined
  let cancelAgain: (() => void) | undefined

  function written(): void {
    writes += 1
    if (under === undefined && failure === undefined) begin()
  }

  function begin(): void {
    under = { upTo: writes, waiting: next }
    next = []
    sync(fd, done)
  }

  function done(error: Error | null): void {
    const { upTo = 0, waiting = [] } = under ?? {}
    under = undefined
    if (error !== null) {
      next.push(...waiting)
      refused(error)
      return
    }
    safe = upTo
    for (const { resolve } of waiting) resolve()
    if (writes > safe) begin()
  }

  /**
   * What the disk refused once it may take for written the next time it is asked, without having it. So the log is
   * copied into the database, which writes all of it anew.
   */
  function refused(error: unknown): void {
    if (copied()) return settle()
    if (failure === undefined)
      log.note('the disk does not take what was written', { error: String(error) }, 'error')
    failure ??= new DiskFullError(
      `The disk refuses to write ${db.path} (full, over quota, unplugged or failing).`,
      error,
    )
    for (const { reject } of next.splice(0)) reject(failure)
    cancelAgain = clock.setTimeout(() => refused(error), AGAIN_MS)
  }

  function copied(): boolean {
    try {
      return db.truncateLog()
    } catch (error) {
      log.note('the log cannot be copied', { error: String(error) }, 'debug')
      return false
    }
  }

  function settle(): void {
    if (failure !== undefined) log.note('the disk takes what was written again', {}, 'warn')
    failure = undefined
    safe = writes
    for (const { resolve } of next.splice(0)) resolve()
  }

  function durable(): Promise<void> | undefined {
    if (failure !== undefined) return Promise.reject(failure)
    if (writes === safe) return undefined
    const waiting = under !== undefined && under.upTo === writes ? under.waiting : next
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  }

  db.leaveDiskTo(written)
  return {
    durable,
    async stop() {
      while (writes > safe && failure === undefined) await durable()?.catch(() => undefined)
      cancelAgain?.()
      closeSync(fd)
      db.leaveDiskTo(undefined)
    },
  }
}

type Waiting = { readonly resolve: () => void; readonly reject: (error: Error) => void }[]
