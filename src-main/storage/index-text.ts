import type { RoomStore } from '../rooms/ports.ts'
import type { Clock } from '../trace/clock.ts'
import type { Logger } from '../trace/log.ts'

/** Takes some 10 ms, so that nobody waits noticeably behind it. */
const SLICE = 100
const PAUSE_MS = 20
/** Messages of so long go into the index together; who searches sooner has them indexed first. */
const GATHER_MS = 500
/** The disk was full, say. */
const AGAIN_MS = 30_000

export interface TextIndexer {
  start(): void
  /** Something was written to the store. */
  changed(): void
  stop(): void
}

/**
 * Brings messages into the search index, in small slices beside everything else: new ones soon after they came,
 * then those from before there was an index, newest first.
 */
export function createTextIndexer(
  store: Pick<RoomStore, 'transaction' | 'indexNewText' | 'indexOlderText'>,
  { clock, log }: { clock: Clock; log: Logger },
): TextIndexer {
  let cancel: (() => void) | undefined
  let running = false
  const soon = (ms: number): void => {
    if (running) cancel ??= clock.setTimeout(step, ms)
  }
  function step(): void {
    cancel = undefined
    try {
      // What is not in the index after a power cut is found to be missing.
      const more = store.transaction(() => store.indexNewText(SLICE) || store.indexOlderText(SLICE), 'crash')
      if (more) soon(PAUSE_MS)
    } catch (error) {
      log.note('some messages cannot be searched yet', { error: String(error) }, 'warn')
      soon(AGAIN_MS)
    }
  }
  return {
    start() {
      running = true
      soon(PAUSE_MS)
    },
    changed: () => soon(GATHER_MS),
    stop() {
      running = false
      cancel?.()
    },
  }
}
