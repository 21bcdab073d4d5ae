import type { Clock } from '../../trace/clock.ts'
import { Buckets, limited } from './buckets.ts'

export interface PeerLimits {
  /** Throws `MatrixError` 429 when `who` asks too often, or has too much running; else call the result when done. */
  enter(who: string): () => void
}

const BUSY_MS = 1_000

/** A token bucket and a count of running requests for each peer (an address, or a server name). */
export function createPeerLimits(options: {
  readonly clock: Clock
  readonly perSecond: number
  readonly burst: number
  readonly parallel: number
}): PeerLimits {
  const { clock, perSecond, burst, parallel } = options
  const buckets = new Buckets(clock, perSecond, burst)
  /** Bounded by what runs. */
  const running = new Map<string, number>()

  return {
    enter(who) {
      const wait = buckets.wait(who, 1)
      const now = running.get(who) ?? 0
      if (wait > 0 || now >= parallel)
        throw limited(wait > 0 ? wait : BUSY_MS, 'Too many requests; try again a little later.')
      buckets.take(who, 1)
      running.set(who, now + 1)
      let left = false
      return () => {
        if (left) return
        left = true
        const after = (running.get(who) ?? 1) - 1
        if (after > 0) running.set(who, after)
        else running.delete(who)
      }
    },
  }
}
