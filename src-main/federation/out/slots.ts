export interface Slots {
  run<T>(work: () => Promise<T>): Promise<T>
  /** Resolves, when there is a place, to what gives it back. Rejects with the reason of a signal that comes first. */
  take(signal?: AbortSignal): Promise<() => void>
  /** Nothing runs, and nothing waits. */
  readonly idle: boolean
}

/** At most `size` at a time, the others in order of arrival. */
export function createSlots(size: number): Slots {
  let free = size
  const waiting: (() => void)[] = []

  /** Gives a place back, once. */
  function place(): () => void {
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }

  function take(signal?: AbortSignal): Promise<() => void> {
    if (free > 0) {
      free--
      return Promise.resolve(place())
    }
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    return new Promise((resolve, reject) => {
      const goAhead = (): void => {
        signal?.removeEventListener('abort', giveUp)
        resolve(place())
      }
      const giveUp = (): void => {
        waiting.splice(waiting.indexOf(goAhead), 1)
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      waiting.push(goAhead)
    })
  }

  return {
    take,
    async run(work) {
      const giveBack = await take()
      try {
        return await work()
      } finally {
        giveBack()
      }
    },
    get idle() {
      return free === size && waiting.length === 0
    },
  }
}
