import { createTrace, type Trace } from './inspector/trace.ts'
import type { Clock } from './trace/clock.ts'
import type { Logger } from './trace/log.ts'

export interface NodeTraceParts {
  /** Servers of this one's rooms; asked for seldom, as it costs. */
  readonly neighbours: () => ReadonlySet<string>
  readonly isPeer: (server: string) => boolean
  readonly clock: Clock
  readonly log: Logger
}

const LOOK_MS = 30_000

/** The trace of a node: what strangers make it write down pushes out no more than what other strangers made. */
export function createNodeTrace({ neighbours, isPeer, clock, log }: NodeTraceParts): Trace {
  let known: ReadonlySet<string> = new Set()
  let lookedAt = -LOOK_MS
  return createTrace({
    clock,
    log,
    isKnown(server) {
      const now = clock.monotonic()
      if (now - lookedAt >= LOOK_MS) {
        lookedAt = now
        known = neighbours()
      }
      return known.has(server) || isPeer(server)
    },
  })
}
