import { MatrixError } from '../http/errors.ts'
import type { Clock } from '../trace/clock.ts'

/** Limits of one kind of request: `burst` at once, then `perMinute`. */
export interface RateRule {
  readonly name: string
  readonly burst: number
  readonly perMinute: number
}

export const rates = {
  loginByAddress: { name: 'login', burst: 20, perMinute: 20 },
  /** Only failed attempts count: a guesser is slowed down, a user with many devices is not. */
  loginFailures: { name: 'login-failed', burst: 5, perMinute: 3 },
  register: { name: 'register', burst: 10, perMinute: 5 },
  message: { name: 'message', burst: 200, perMinute: 600 },
  membership: { name: 'membership', burst: 60, perMinute: 60 },
  createRoom: { name: 'create-room', burst: 30, perMinute: 20 },
  profile: { name: 'profile', burst: 20, perMinute: 20 },
  /** Looks that may make this server ask others. */
  lookup: { name: 'lookup', burst: 120, perMinute: 120 },
  preview: { name: 'preview', burst: 60, perMinute: 60 },
  report: { name: 'report', burst: 10, perMinute: 2 },
  openId: { name: 'openid', burst: 30, perMinute: 30 },
  /** Others stop reading old keys at some number. */
  rotateKey: { name: 'rotate-key', burst: 3, perMinute: 0.1 },
  /** Each looks up names, opens connections, and asks another server. */
  domainCheck: { name: 'domain-check', burst: 10, perMinute: 10 },
  /** Each needs 128 MiB for a moment. */
  identityBackup: { name: 'identity-backup', burst: 3, perMinute: 6 },
} as const satisfies Record<string, RateRule>

export interface RateLimiter {
  /** Takes one; throws M_LIMIT_EXCEEDED with `retry_after_ms`. */
  take(rule: RateRule, key: string): void
  /** Throws when nothing is left, takes nothing. */
  check(rule: RateRule, key: string): void
}

const MAX_BUCKETS = 20_000

/** Token buckets in memory; a full one is forgotten, so strangers cannot fill the memory. */
export function createRateLimiter(clock: Clock, enabled: boolean): RateLimiter {
  const buckets = new Map<string, { left: number; at: number; rule: RateRule }>()

  const levelOf = (rule: RateRule, id: string, now: number): number => {
    const bucket = buckets.get(id)
    if (bucket === undefined) return rule.burst
    return Math.min(rule.burst, bucket.left + ((now - bucket.at) / 60_000) * rule.perMinute)
  }
  const prune = (now: number): void => {
    for (const [id, { rule }] of buckets) if (levelOf(rule, id, now) >= rule.burst) buckets.delete(id)
    for (const id of buckets.keys()) {
      if (buckets.size <= MAX_BUCKETS) break
      buckets.delete(id)
    }
  }
  const refuse = (rule: RateRule, level: number): never => {
    const wait = Math.max(1, Math.ceil(((1 - level) / rule.perMinute) * 60_000))
    throw new MatrixError(429, 'M_LIMIT_EXCEEDED', 'Too many requests; wait a moment', {
      retry_after_ms: wait,
    })
  }

  return {
    take(rule, key) {
      if (!enabled) return
      const now = clock.monotonic()
      const id = `${rule.name} ${key}`
      const level = levelOf(rule, id, now)
      if (level < 1) refuse(rule, level)
      buckets.delete(id)
      buckets.set(id, { left: level - 1, at: now, rule })
      if (buckets.size > MAX_BUCKETS) prune(now)
    },
    check(rule, key) {
      if (!enabled) return
      const level = levelOf(rule, `${rule.name} ${key}`, clock.monotonic())
      if (level < 1) refuse(rule, level)
    },
  }
}
