import type { ServerName } from '../core/types.ts'
import type { Clock } from '../trace/clock.ts'

/** A server that has not answered for so long is overtaken by the next one. */
export const OVERTAKE_MS = 3_000

/**
 * Asks one server after the other until one gives something of use; undefined when none does. The next is
 * asked as soon as the one before it failed, or has not answered for a while: then the first good answer
 * counts, whoever gives it.
 *
 * @param request answers undefined for what is of no use, and handles its own failures.
 * @param slow told of a server that is overtaken.
 */
export function askInTurn<T>(
  clock: Clock,
  servers: readonly ServerName[],
  request: (server: ServerName) => Promise<T | undefined>,
  slow: (server: ServerName) => void,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    let next = 0
    let running = 0
    let over = false
    let cancel = (): void => undefined
    const end = (answer: T | undefined): void => {
      over = true
      cancel()
      resolve(answer)
    }
    const fail = (error: unknown): void => {
      over = true
      cancel()
      reject(error instanceof Error ? error : new Error(String(error)))
    }
    const askNext = (): void => {
      cancel()
      const server = servers[next++]
      if (server === undefined) {
        if (running === 0) end(undefined)
        return
      }
      running++
      cancel = clock.setTimeout(() => {
        slow(server)
        askNext()
      }, OVERTAKE_MS)
      request(server).then((answer) => {
        running--
        if (over) return
        if (answer !== undefined) end(answer)
        else askNext()
      }, fail)
    }
    askNext()
  })
}
