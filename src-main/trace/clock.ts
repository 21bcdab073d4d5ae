/** Time and randomness are injected, so that a test owns both. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Monotonic milliseconds, for measuring durations. */
  monotonic(): number
  /** Calls `fn` after `ms`; the returned function cancels it. Timers do not keep the process alive. */
  setTimeout(fn: () => void, ms: number): () => void
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  bytes(length: number): Uint8Array
  /** URL-safe random text of `length` characters. */
  token(length: number): string
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(fn, ms) {
    const timer = setTimeout(fn, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** Waits `ms` on the given clock; an aborted signal ends the wait early. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const cancel = clock.setTimeout(done, ms)
    function done(): void {
      signal?.removeEventListener('abort', aborted)
      resolve()
    }
    function aborted(): void {
      cancel()
      resolve()
    }
    signal?.addEventListener('abort', aborted, { once: true })
  })
}
