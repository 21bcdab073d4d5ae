import type { ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'
import type { Logger } from '../../trace/log.ts'

/** One server that did not answer is asked so often, in turn: nothing next to what an hour of back-off costs. */
const ASK_EVERY_MS = 30_000
/** Shorter silences pass by themselves. */
const OFFLINE_MS = 30_000
const MAX_DOWN = 500

export interface LineWatch {
  /** How an attempt to reach a server ended. */
  note(server: ServerName, reached: boolean): void
  stop(): void
}

/**
 * A line can be dead for hours without any interface of this machine showing it (the router's uplink), and
 * both sides of it then wait out a long back-off. So a few of the servers that do not answer are asked now and
 * then, cheaply; who answers is sent to at once. When nobody answered for a while and then one does, it was
 * this node that was away.
 */
export function createLineWatch(deps: {
  /** Asks a server whether it is there; never rejects. */
  readonly probe: (server: ServerName) => Promise<boolean>
  /** The server answers again. */
  readonly onAnswer: (server: ServerName) => void
  /** This node was cut off from everybody. */
  readonly onBack: () => void
  readonly clock: Clock
  readonly log: Logger
}): LineWatch {
  const { clock } = deps
  /** Those that did not answer, the one asked longest ago first. */
  const down = new Set<ServerName>()
  let silentSince: number | undefined
  let cancel: (() => void) | undefined
  let stopped = false

  function schedule(): void {
    if (stopped || cancel !== undefined || down.size === 0) return
    cancel = clock.setTimeout(() => {
      cancel = undefined
      askNext()
    }, ASK_EVERY_MS)
  }

  function askNext(): void {
    const [server] = down
    if (server === undefined) return
    down.delete(server)
    down.add(server)
    deps
      .probe(server)
      .then((reached) => {
        if (stopped) return
        note(server, reached)
        if (reached) deps.onAnswer(server)
      })
      .catch((error: unknown) => deps.log.note('probe failed', { server, error: String(error) }, 'warn'))
      .finally(schedule)
  }

  function note(server: ServerName, reached: boolean): void {
    if (stopped) return
    if (!reached) {
      silentSince ??= clock.monotonic()
      if (down.size < MAX_DOWN) down.add(server)
      schedule()
      return
    }
    // Where it is another one that does not answer, this line is well.
    const wasAway =
      down.delete(server) && silentSince !== undefined && clock.monotonic() - silentSince >= OFFLINE_MS
    silentSince = undefined
    if (wasAway) deps.onBack()
  }

  return {
    note,
    stop() {
      stopped = true
      cancel?.()
    },
  }
}
