import { createTrace, type Trace } from './inspector/trace.ts'
import type { PeerChange } from './federation/discovery/index.ts'
import type { Database } from './storage/database.ts'
import { openTraceStore } from './storage/trace/store.ts'
import type { Clock } from './trace/clock.ts'
import type { Logger } from './trace/log.ts'

export interface NodeTraceParts {
  readonly db: Database
  readonly isPeer: (server: string) => boolean
  readonly dataDir: string
  readonly mode: () => 'disk' | 'memory' | 'off'
  readonly clock: Clock
  readonly log: Logger
}

const LOOK_MS = 30_000
const MAX_LOOKED_AT = 2_000

/** The trace of a node: what strangers make it write down pushes out no more than what other strangers made. */
export function createNodeTrace({ db, isPeer, dataDir, mode, clock, log }: NodeTraceParts): Trace {
  const lookedAt = new Map<string, { known: boolean; until: number }>()
  return createTrace({
    openStore: () => openTraceStore(dataDir, clock),
    mode,
    clock,
    log,
    isKnown(server) {
      const now = clock.monotonic()
      const before = lookedAt.get(server)
      if (before !== undefined && now < before.until) return before.known
      if (lookedAt.size >= MAX_LOOKED_AT) lookedAt.clear()
      const known = isPeer(server) || isInRooms(db, server)
      lookedAt.set(server, { known, until: now + LOOK_MS })
      return known
    },
  })
}

function isInRooms(db: Database, server: string): boolean {
  return db.get('SELECT 1 FROM room_servers WHERE server = ? LIMIT 1', server) !== undefined
}

const peerWords: Readonly<Record<PeerChange['kind'] | 'moved', string>> = {
  learned: 'peer: an address is known',
  appeared: 'peer: answers',
  gone: 'peer: answers no more',
  removed: 'peer: forgotten',
  moved: 'peer: another address',
}

/** What discovery and the addresses that servers call from tell of others. */
export function notePeer(
  log: Logger,
  kind: keyof typeof peerWords,
  server: string,
  candidates: readonly { readonly host: string; readonly port: number }[],
): void {
  log.remark(peerWords[kind], { server, addresses: candidates.map(({ host, port }) => `${host}:${port}`) })
}
