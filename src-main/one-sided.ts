import type { ServerName } from './core/types.ts'
import type { PeerTable } from './federation/discovery/index.ts'
import { waitingEndpoint } from './federation/in/waiting.ts'
import type { Endpoint } from './federation/in/index.ts'
import { createCollector, type Collector, type CollectorDeps } from './federation/out/collector.ts'
import type { Outbox } from './federation/out/outbox.ts'
import { LruCache } from './rooms/lru-cache.ts'

/** How long it is believed that a server could not be dialled. */
const TRY_AGAIN_MS = 10 * 60_000
/** A server that begins to ask may have been away when it was dialled, and be back. */
const NEWS_EVERY_MS = 5_000
const MAX_PROBED = 2_000

interface Parts extends CollectorDeps {
  readonly outbox: () => Outbox
  readonly peers: Pick<PeerTable, 'knows' | 'isReachable'>
  /** Asks whether a server answers at all. */
  readonly probe: (server: ServerName) => Promise<boolean>
}

export interface OneSided {
  readonly endpoint: Endpoint
  readonly collector: Collector
  /** False where the last attempts to dial the server failed. */
  readonly reaches: (server: ServerName) => boolean
}

/** Both ends of what is done where a firewall lets only one side dial. */
export function createOneSided(parts: Parts): OneSided {
  const { peers, clock, log } = parts
  const probing = new Set<ServerName>()
  /** When each was last asked for having begun to ask. */
  const probedAt = new LruCache<ServerName, number>(MAX_PROBED)

  /** `isNews`: the server has just begun to ask, so that what was found before may be over. */
  function reaches(server: ServerName, isNews = false): boolean {
    // The table asks its peers by itself.
    if (peers.knows(server)) return peers.isReachable(server)
    const last = parts.outbox().dialled.last(server)
    if (last === undefined || last.reached) return true
    const now = clock.monotonic()
    const mayBeOver = isNews && now - (probedAt.get(server) ?? -Infinity) > NEWS_EVERY_MS
    if (mayBeOver) probedAt.set(server, now)
    if (mayBeOver || now - last.at > TRY_AGAIN_MS) probe(server)
    return false
  }

  function probe(server: ServerName): void {
    if (probing.has(server)) return
    probing.add(server)
    parts
      .probe(server)
      .then((reached) => {
        parts.outbox().dialled.note(server, reached)
        if (reached) parts.outbox().endCollecting(server)
      })
      .catch((error: unknown) => log.note('probe failed', { server, error: String(error) }, 'warn'))
      .finally(() => probing.delete(server))
  }

  return {
    endpoint: waitingEndpoint({
      reaches: (server) => reaches(server, !parts.outbox().collects(server)),
      collect: (server, timeoutMs, signal) => parts.outbox().collect(server, timeoutMs, signal),
      collected: (server, txnId, answer) => parts.outbox().collected(server, txnId, answer),
    }),
    collector: createCollector(parts),
    reaches: (server) => reaches(server),
  }
}
