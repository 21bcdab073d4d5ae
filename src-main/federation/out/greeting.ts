import type { ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import type { Clock, Random } from '../../trace/clock.ts'
import type { Logger } from '../../trace/log.ts'
import type { SignedClient } from './signed-client.ts'
import { createSlots } from './slots.ts'

const PARALLEL = 8
const TIMEOUT_MS = 10_000
const MAX_SERVERS = 2_000
/** A network that comes and goes is not a reason to greet all the time. */
const MIN_INTERVAL_MS = 60_000

export interface Greeting {
  /** Tells the servers of this node's rooms, or only these, that it is back; failures are theirs. */
  greet(only?: readonly ServerName[]): Promise<void>
  stop(): void
}

/**
 * A server that could not reach this node tries again only after hours, unless it hears from it: so a node that
 * was away says so, by an empty transaction, and what waits for it comes at once.
 */
export function createGreeting(deps: {
  readonly client: Pick<SignedClient, 'request'>
  readonly origin: ServerName
  /** Those with somebody in a room of this server. */
  readonly neighbours: () => Iterable<ServerName>
  readonly domainAllowed: (server: ServerName) => boolean
  /** The server answered, or could not be reached. */
  readonly onGreeted?: ((server: ServerName, reached: boolean) => void) | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}): Greeting {
  const { client, origin, clock } = deps
  const slots = createSlots(PARALLEL)
  const stopping = new AbortController()
  let last = -Infinity

  async function greetOne(server: ServerName): Promise<boolean> {
    if (stopping.signal.aborted) return false
    const now = clock.now()
    try {
      await client.request(server, {
        method: 'PUT',
        path: `/_matrix/federation/v1/send/${encodeURIComponent(`${now}-${deps.random.token(12)}`)}`,
        content: { origin, origin_server_ts: now, pdus: [], edus: [] },
        timeoutMs: TIMEOUT_MS,
        signal: stopping.signal,
      })
      deps.onGreeted?.(server, true)
      return true
    } catch (error) {
      if (stopping.signal.aborted) return false
      if (!(error instanceof RemoteError)) throw error
      deps.onGreeted?.(server, error.status !== undefined)
      return false
    }
  }

  return {
    async greet(only) {
      if (only === undefined) {
        if (clock.monotonic() - last < MIN_INTERVAL_MS) return
        last = clock.monotonic()
      }
      const servers = [...new Set(only ?? deps.neighbours())]
        .filter((server) => server !== origin && deps.domainAllowed(server))
        .slice(0, MAX_SERVERS)
      if (servers.length === 0) return
      await deps.log.run('greeting', { asked: servers.length }, async (item) => {
        const heard = await Promise.all(servers.map((server) => slots.run(() => greetOne(server))))
        item.set({ heard: heard.filter(Boolean).length })
      })
    },
    stop: () => stopping.abort(),
  }
}
