/** How many requests one client has under way at a time, as an eager client would. */
const PARALLEL = 20

/** Runs `work` for 0 to `count` - 1, some at a time; the results in order. */
export async function inParallel<T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const n = next++
      results[n] = await work(n)
    }
  }
  await Promise.all(Array.from({ length: Math.min(PARALLEL, count) }, worker))
  return results
}
