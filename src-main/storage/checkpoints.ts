import { Worker } from 'node:worker_threads'
import type { Clock } from '../trace/clock.ts'
import type { Logger } from '../trace/log.ts'
import { workerEntry } from '../trace/worker-entry.ts'
import type { Database } from './database.ts'

/** Pages of 4 KiB. So much of the log is worth a thread, which costs as much to start as sending some 20 messages. */
const COPY_PAGES = 2_000
/** The thread does not keep up, or is not there: who commits copies, and waits for it. */
const TOO_MANY_PAGES = 16_000
/** What the log grew by while it was copied. */
const FEW_PAGES = 400
/** The log begins anew once all of it is copied. Where nobody rested for so long, the last of it is copied here. */
const LONG_PAGES = 8_000
/** In a row, each for what the log grew by during the last. */
const MAX_COPIES = 5
const LOOK_MS = 50
/** Nobody wrote for so long: the thread may well copy all of the log before somebody does. */
const QUIET_MS = 100
/** A thread that has nothing to do takes memory. */
const IDLE_MS = 10_000

export interface Checkpoints {
  /** Resolves when so little of the log is left to be copied that who commits may do it; also when that failed. */
  copied(): Promise<void>
  /** When it is over, the thread has closed the database. */
  stop(): Promise<void>
}

/**
 * Copies the write-ahead log into the database on a thread of its own. SQLite does so in the COMMIT that makes the
 * log long, and the event loop then stands still for as long as the disk takes: a quarter of a second was seen.
 */
export function createCheckpoints(
  db: Database,
  { clock, log, idleMs = IDLE_MS }: { clock: Clock; log: Logger; idleMs?: number },
): Checkpoints {
  let worker: Worker | undefined
  let ended: Promise<void> = Promise.resolve()
  /** How often in a row; 0 while nothing is copied. */
  let copies = 0
  let stopped = false
  let cancelLook: (() => void) | undefined
  let cancelIdle: (() => void) | undefined
  let lastCommit = clock.monotonic()
  const waiting: (() => void)[] = []

  /** A disk that is full, or a thread that cannot start: nothing is lost, and COMMIT copies as it did. */
  function orGiveUp(work: () => void): void {
    if (stopped) return
    try {
      work()
    } catch (error) {
      giveUp(error)
    }
  }

  function look(): void {
    cancelLook = undefined
    if (copies > 0) return
    const { pages, left } = logLength()
    const quiet = clock.monotonic() - lastCommit >= QUIET_MS
    if (left >= COPY_PAGES) copy()
    else if (pages < COPY_PAGES || left === 0) return
    else if (quiet || (pages >= LONG_PAGES && left >= FEW_PAGES)) copy()
    else lookIn(QUIET_MS)
  }

  function lookIn(ms: number): void {
    if (!stopped) cancelLook ??= clock.setTimeout(() => orGiveUp(look), ms)
  }

  /** `left`: pages that are not copied yet. */
  function logLength(): { pages: number; left: number } {
    const { pages, copied } = db.logPages()
    return { pages, left: pages - copied }
  }

  function copy(): void {
    cancelIdle?.()
    worker ??= start()
    copies += 1
    worker.postMessage('copy')
  }

  function start(): Worker {
    const started = new Worker(workerEntry('checkpoint-worker'), { workerData: db.path })
    started.unref()
    ended = new Promise((resolve) => {
      started.once('exit', () => {
        orGiveUp(cutOff)
        resolve()
      })
    })
    started.on('message', () => orGiveUp(onCopied))
    started.once('error', giveUp)
    return started
  }

  /** The file need not stay as long as it ever was. */
  function cutOff(): void {
    if (worker === undefined && logLength().left === 0) db.truncateLog()
  }

  function onCopied(): void {
    const { pages, left } = logLength()
    if (left >= FEW_PAGES && copies < MAX_COPIES) return copy()
    copies = 0
    cancelIdle = clock.setTimeout(end, idleMs)
    if (left < FEW_PAGES && pages >= LONG_PAGES) db.copyLog()
    else if (left > 0) lookIn(QUIET_MS)
    release()
  }

  function release(): void {
    for (const resolve of waiting.splice(0)) resolve()
  }

  function end(): void {
    cancelIdle?.()
    worker?.postMessage('end')
    worker = undefined
  }

  function giveUp(error: unknown): void {
    log.note('the write-ahead log is not copied on its own thread', { error: String(error) }, 'warn')
    stopped = true
    end()
    db.copyLogAbove(undefined)
    release()
  }

  if (!db.tellsLogPages) return { copied: () => Promise.resolve(), stop: () => Promise.resolve() }
  db.copyLogAbove(TOO_MANY_PAGES)
  db.afterEveryCommit(() => {
    lastCommit = clock.monotonic()
    lookIn(LOOK_MS)
  })
  return {
    copied() {
      const done = new Promise<void>((resolve) => waiting.push(resolve))
      orGiveUp(() => {
        if (copies > 0) return
        if (logLength().left >= FEW_PAGES) copy()
        else release()
      })
      if (stopped) release()
      return done
    },
    async stop() {
      stopped = true
      release()
      cancelLook?.()
      end()
      await ended
    },
  }
}
