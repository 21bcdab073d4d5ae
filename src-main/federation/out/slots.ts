export interface Slots {
  run<T>(work: () => Promise<T>): Promise<T>
  /** Nothing runs, and nothing waits. */
  readonly idle: boolean
}

/** At most `size` at a time, the others in order of arrival. */
export function createSlots(size: number): Slots {
  let free = size
  const waiting: (() => void)[] = []
  return {
    async run(work) {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next === undefined) free++
        else next()
      }
    },
    get idle() {
      return free === size && waiting.length === 0
    },
  }
}
