import type { ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'

/** Between two requests of one that collects what waits for it. */
const STILL_THERE_MS = 15_000
/** Who was too many is dialled instead, as anybody else. */
const MAX_COLLECTORS = 256

interface Collector {
  /** Ends the wait. */
  wake: (() => void) | undefined
  /** Between requests: ends the expectation of another one. */
  cancelExpected: (() => void) | undefined
}

/** Servers that cannot be dialled, and ask for what waits for them, one request each at a time. */
export function createPickUps(clock: Clock, onGone: (destination: ServerName) => void) {
  const collectors = new Map<ServerName, Collector>()

  function remove(destination: ServerName, collector: Collector): void {
    if (collectors.get(destination) !== collector) return
    collectors.delete(destination)
    onGone(destination)
  }

  return {
    /** Tells a server that collects that something waits; false where it does not collect. */
    notify(destination: ServerName): boolean {
      const collector = collectors.get(destination)
      collector?.wake?.()
      return collector !== undefined
    },

    collects: (destination: ServerName) => collectors.has(destination),

    /** What `take` gives, as soon as it gives something; undefined after `timeoutMs`, or when another request came. */
    async next<T>(
      destination: ServerName,
      timeoutMs: number,
      signal: AbortSignal,
      take: () => T | undefined,
    ): Promise<T | undefined> {
      const earlier = collectors.get(destination)
      earlier?.cancelExpected?.()
      earlier?.wake?.()
      if (earlier === undefined && collectors.size >= MAX_COLLECTORS) return take()
      const own: Collector = { wake: undefined, cancelExpected: undefined }
      collectors.set(destination, own)
      let found = take()
      if (found === undefined && timeoutMs > 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const cancel = clock.setTimeout(done, timeoutMs)
          signal.addEventListener('abort', done, { once: true })
          own.wake = done
          function done(): void {
            cancel()
            signal.removeEventListener('abort', done)
            own.wake = undefined
            resolve()
          }
        })
        if (collectors.get(destination) !== own) return undefined
        if (!signal.aborted) found = take()
      }
      if (signal.aborted) remove(destination, own)
      else own.cancelExpected = clock.setTimeout(() => remove(destination, own), STILL_THERE_MS)
      return found
    },

    /** The destination can be dialled after all: its request ends, and nothing waits for another one. */
    end(destination: ServerName): void {
      const collector = collectors.get(destination)
      if (collector === undefined) return
      collector.cancelExpected?.()
      collectors.delete(destination)
      collector.wake?.()
      onGone(destination)
    },

    stop(): void {
      for (const collector of collectors.values()) collector.cancelExpected?.()
      collectors.clear()
    },
  }
}
