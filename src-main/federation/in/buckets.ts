import { MatrixError } from '../../http/errors.ts'
import type { Clock } from '../../trace/clock.ts'

interface Bucket {
  tokens: number
  refilledAt: number
}

const MAX_BUCKETS = 20_000

/** Token buckets by name, in memory; the oldest are forgotten in a flood of names. */
export class Buckets {
  private readonly clock: Clock
  private readonly perSecond: number
  private readonly burst: number
  private readonly buckets = new Map<string, Bucket>()

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.clock = clock
    this.perSecond = perSecond
    this.burst = burst
  }

  /** Milliseconds until so much may be taken; 0 now. More than the burst counts as the burst. */
  wait(who: string, cost: number): number {
    const missing = Math.min(cost, this.burst) - this.bucketOf(who).tokens
    return missing <= 0 ? 0 : Math.ceil((missing / this.perSecond) * 1000)
  }

  take(who: string, cost: number): void {
    const bucket = this.bucketOf(who)
    bucket.tokens = Math.max(0, bucket.tokens - cost)
  }

  private bucketOf(who: string): Bucket {
    const now = this.clock.monotonic()
    let bucket = this.buckets.get(who)
    if (bucket === undefined) {
      if (this.buckets.size >= MAX_BUCKETS) this.forgetSome(now)
      bucket = { tokens: this.burst, refilledAt: now }
      this.buckets.set(who, bucket)
    }
    bucket.tokens = this.filled(bucket, now)
    bucket.refilledAt = now
    return bucket
  }

  private filled({ tokens, refilledAt }: Bucket, now: number): number {
    return Math.min(this.burst, tokens + ((now - refilledAt) / 1000) * this.perSecond)
  }

  /** Those that are full lose nothing by it; forgiving the oldest is better than growing without end. */
  private forgetSome(now: number): void {
    for (const [who, bucket] of this.buckets)
      if (this.filled(bucket, now) >= this.burst) this.buckets.delete(who)
    for (const who of this.buckets.keys()) {
      if (this.buckets.size < MAX_BUCKETS) break
      this.buckets.delete(who)
    }
  }
}

export function limited(retryAfterMs: number, message: string): MatrixError {
  return new MatrixError(429, 'M_LIMIT_EXCEEDED', message, { retry_after_ms: retryAfterMs })
}
