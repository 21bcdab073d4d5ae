import type { ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'
import { isSameTarget, type Connections } from './connections.ts'
import type { Target } from './resolve-server-name.ts'

interface Parts {
  /** The table of peers. */
  readonly peers: {
    candidates(server: ServerName): readonly Target[]
    markFailure(server: ServerName, at: Target): void
  }
  readonly connections: Pick<Connections, 'targets' | 'leave'>
  /** Whether anything takes a TCP connection there. Never rejects. */
  readonly takesCalls: (at: Target) => Promise<boolean>
  /** What was under way to this server failed just now, and has another way to go. */
  readonly onLeft: (server: ServerName) => void
  readonly clock: Pick<Clock, 'monotonic'>
}

/** However often a server changes its record, its addresses are not called more often. */
const LEAST_BETWEEN_MS = 1_000
const MAX_REMEMBERED = 1_000

/**
 * For a server that is on two networks of which one may have gone away: connections to an address that takes no
 * calls any more are left where another address of the server does. TCP itself would repeat what it sent for minutes.
 * Where none takes a call the connections stay: whether the server is gone is for others to find out. Never rejects.
 */
export function createFailOver(parts: Parts): (server: ServerName) => Promise<void> {
  const { peers, connections, clock } = parts
  const lastCalled = new Map<ServerName, number>()

  function isDue(server: ServerName): boolean {
    const now = clock.monotonic()
    if (now - (lastCalled.get(server) ?? Number.NEGATIVE_INFINITY) < LEAST_BETWEEN_MS) return false
    if (lastCalled.size >= MAX_REMEMBERED) lastCalled.clear()
    lastCalled.set(server, now)
    return true
  }

  return async (server) => {
    const known = peers.candidates(server)
    const used = connections.targets(server)
    if (known.length < 2 || !known.some((at) => used.some((each) => isSameTarget(each, at)))) return
    if (!isDue(server)) return
    const called = await Promise.all(known.map(async (at) => ({ at, taken: await parts.takesCalls(at) })))
    if (!called.some(({ taken }) => taken)) return
    let left = 0
    for (const { at, taken } of called) {
      if (taken) continue
      peers.markFailure(server, at)
      left += connections.leave(server, at)
    }
    if (left > 0) parts.onLeft(server)
  }
}
