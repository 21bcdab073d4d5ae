import type { ServerName } from '../core/types.ts'
import type { RoomsContext } from './context.ts'
import { RemoteError } from './ports.ts'

const ASK_EVERY_MS = 15_000
/** One lost packet is no departure. */
const MISSES = 2

/**
 * A request that may rightly take minutes, as a server needs them to collect a large room: for as long as
 * the server is there. One that vanished in the middle, and whose line nobody closed, is noticed by asking
 * for its version now and then; then the request is given up with a `RemoteError`.
 */
export function whileThere<T>(
  ctx: RoomsContext,
  server: ServerName,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { remote } = ctx
  const stop = new AbortController()
  const running = work(stop.signal)
  if (remote.isThere === undefined) return running
  return new Promise<T>((resolve, reject) => {
    let misses = 0
    let over = false
    let cancel = (): void => undefined
    const look = (): void => {
      cancel = ctx.clock.setTimeout(() => {
        void remote.isThere?.(server).then((there) => {
          if (over) return
          misses = there ? 0 : misses + 1
          if (misses < MISSES) return look()
          over = true
          reject(new RemoteError(server, `${server} went away in the middle.`, { retryable: true }))
          stop.abort()
        })
      }, ASK_EVERY_MS)
    }
    look()
    running.then(resolve, reject).finally(() => {
      over = true
      cancel()
    })
  })
}
