import type { ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'
import { LruCache } from '../lru-cache.ts'
import type { RoomStore } from '../ports.ts'

const REMEMBERED = 200
const AGAIN_MS = 60_000
const BETWEEN_MS = 1_000

/**
 * Leaves a trace of requests of servers that the settings deny. They are not read and nobody has proven whose they
 * are, so a name is written down once a minute at most, and one name a second.
 */
export function traceDenied(
  store: Pick<RoomStore, 'transaction' | 'putRefusal'>,
  clock: Clock,
): (server: ServerName) => void {
  const noted = new LruCache<ServerName, number>(REMEMBERED)
  let next = -Infinity
  return (server) => {
    const now = clock.monotonic()
    if (now < next || now < (noted.get(server) ?? -Infinity) + AGAIN_MS) return
    noted.set(server, now)
    next = now + BETWEEN_MS
    const reason = `settings: ${server} is not allowed here; what it sent was not read`
    store.transaction(
      () =>
        store.putRefusal({
          outcome: 'not-kept',
          cause: 'denied-server',
          reason,
          origin: server,
          ts: clock.now(),
        }),
      'crash',
    )
  }
}
