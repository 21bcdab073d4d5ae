import type { Clock } from '../trace/clock.ts'
import type { Logger } from '../trace/log.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { Database } from './database.ts'

/** Several messages are often deleted together. */
const SOON_MS = 5_000
/** Somebody reads (a backup); then it is tried again. */
const AGAIN_MS = 30_000

export interface Scrubber {
  /** Content was deleted: within half a minute it is out of the files. */
  soon(): void
  stop(): void
}

/**
 * Takes deleted content out of the write-ahead log. SQLite overwrites what is deleted (`secure_delete`),
 * but the log still has the pages as they were, until it is copied into the database and cut off. A long log is
 * copied aside first.
 */
export function createScrubber(
  db: Database,
  { clock, log, checkpoints }: { clock: Clock; log: Logger; checkpoints: Pick<Checkpoints, 'copied'> },
): Scrubber {
  let cancel: (() => void) | undefined
  let stopped = false

  function later(ms: number): void {
    if (stopped) return
    cancel ??= clock.setTimeout(() => {
      void checkpoints.copied().then(cutOff)
    }, ms)
  }

  function cutOff(): void {
    if (stopped) return
    cancel = undefined
    let done = false
    try {
      done = db.truncateLog()
    } catch (error) {
      log.note('deleted content is still in the log', { error: String(error) }, 'warn')
    }
    if (!done) later(AGAIN_MS)
  }

  return {
    soon: () => later(SOON_MS),
    stop() {
      stopped = true
      cancel?.()
    },
  }
}
