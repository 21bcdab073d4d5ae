import type { RoomStore } from '../rooms/ports.ts'
import type { Clock } from '../trace/clock.ts'
import type { Logger } from '../trace/log.ts'

/** Takes some 20 ms, so that nobody waits noticeably behind it. */
const SLICE = 200
const PAUSE_MS = 20

/**
 * Messages from before there was a search index are indexed in small slices beside everything else,
 * newest first; a search finds what is indexed so far. Ends by itself; the answer stops it.
 */
export function indexOlderText(
  store: RoomStore,
  { clock, log }: { clock: Clock; log: Logger },
  done: () => void = () => undefined,
): () => void {
  let cancel: () => void = () => undefined
  const step = (): void => {
    try {
      if (store.transaction(() => store.indexOlderText(SLICE))) cancel = clock.setTimeout(step, PAUSE_MS)
      else done()
    } catch (error) {
      log.note('older messages cannot be searched yet', { error: String(error) }, 'warn')
    }
  }
  cancel = clock.setTimeout(step, PAUSE_MS)
  return () => cancel()
}
