import type { Clock } from '../trace/clock.ts'
import { MediaError } from './ports.ts'

/** A sender that is silent for so long is not coming back. */
export const idleTimeoutMs = 60_000

/** Passes chunks on, and gives up when none comes for a while. One timer serves many chunks. */
export async function* patiently(
  source: AsyncIterable<Uint8Array>,
  clock: Clock,
  idleMs: number,
): AsyncGenerator<Uint8Array, void> {
  const iterator = source[Symbol.asyncIterator]()
  let finished = false
  let cancel: (() => void) | undefined
  let giveUp: ((error: Error) => void) | undefined
  let chunks = 0
  const watch = (seen: number): void => {
    cancel = clock.setTimeout(() => {
      if (chunks === seen)
        giveUp?.(new MediaError('interrupted', 'The sender stopped in the middle of the file'))
      else watch(chunks)
    }, idleMs)
  }
  watch(0)
  try {
    for (;;) {
      // Not `Promise.race`: that would keep something of each chunk until the end.
      const result = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        giveUp = reject
        iterator.next().then(resolve, reject)
      })
      giveUp = undefined
      chunks += 1
      if (result.done === true) {
        finished = true
        return
      }
      yield result.value
    }
  } finally {
    cancel?.()
    // Not awaited: a source that hangs would hang this too.
    if (!finished) iterator.return?.().catch(() => undefined)
  }
}
