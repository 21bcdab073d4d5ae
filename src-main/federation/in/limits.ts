import { MatrixError } from '../../http/errors.ts'
import type { Clock } from '../../trace/clock.ts'

export interface PeerLimits {
  /** Throws `MatrixError` 429 when `who` asks too often, or has too much running; else call the result when done. */
  enter(who: string): () => void
}

interface Peer {
  tokens: number
  refilledAt: number
  running: number
}

const MAX_PEERS = 20_000

/** A token bucket and a count of running requests for each peer (an address, or a server name). */
export function createPeerLimits(options: {
  readonly clock: Clock
  readonly perSecond: number
  readonly burst: number
  readonly parallel: number
}): PeerLimits {
  const { clock, perSecond, burst, parallel } = options
  const peers = new Map<string, Peer>()

  function peerOf(who: string): Peer {
    let peer = peers.get(who)
    if (peer === undefined) {
      if (peers.size >= MAX_PEERS) forgetIdle()
      peer = { tokens: burst, refilledAt: clock.monotonic(), running: 0 }
      peers.set(who, peer)
    }
    return peer
  }

  /** Those with a full bucket lose nothing by being forgotten. */
  function forgetIdle(): void {
    const now = clock.monotonic()
    for (const [who, peer] of peers) {
      const tokens = peer.tokens + ((now - peer.refilledAt) / 1000) * perSecond
      if (peer.running === 0 && tokens >= burst) peers.delete(who)
    }
    // A flood of names: forgiving the oldest is better than growing without end.
    for (const [who, peer] of peers) {
      if (peers.size < MAX_PEERS) break
      if (peer.running === 0) peers.delete(who)
    }
  }

  return {
    enter(who) {
      const peer = peerOf(who)
      const now = clock.monotonic()
      peer.tokens = Math.min(burst, peer.tokens + ((now - peer.refilledAt) / 1000) * perSecond)
      peer.refilledAt = now
      if (peer.tokens < 1) throw limited(Math.ceil(((1 - peer.tokens) / perSecond) * 1000))
      if (peer.running >= parallel) throw limited(1000)
      peer.tokens--
      peer.running++
      let left = false
      return () => {
        if (!left) peer.running--
        left = true
      }
    },
  }
}

function limited(retryAfterMs: number): MatrixError {
  return new MatrixError(429, 'M_LIMIT_EXCEEDED', 'Too many requests; try again a little later.', {
    retry_after_ms: retryAfterMs,
  })
}
