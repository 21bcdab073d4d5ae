import type { Clock, Random } from '../../src-main/trace/clock.ts'

/** Time that only a test moves. */
export class FakeClock implements Clock {
  private time = 1_700_000_000_000
  private nextId = 1
  private readonly timers = new Map<number, { at: number; fn: () => void }>()

  now(): number {
    return this.time
  }

  monotonic(): number {
    return this.time
  }

  setTimeout(fn: () => void, ms: number): () => void {
    const id = this.nextId++
    this.timers.set(id, { at: this.time + Math.ceil(Math.max(0, ms)), fn })
    return () => this.timers.delete(id)
  }

  /** Moves to the next timer that is due within `ms`, and runs it; else moves by `ms`. */
  step(ms: number): void {
    const end = this.time + Math.ceil(ms)
    let next: { id: number; at: number; fn: () => void } | undefined
    for (const [id, timer] of this.timers) {
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = { id, ...timer }
    }
    this.time = next === undefined ? end : Math.max(this.time, next.at)
    if (next === undefined) return
    this.timers.delete(next.id)
    next.fn()
  }
}

/** A machine's own idea of the time, which may be hours off, and jump when somebody sets it right. */
export class SkewedClock implements Clock {
  /** Milliseconds that this clock is ahead. */
  offset = 0
  private readonly base: Clock

  constructor(base: Clock) {
    this.base = base
  }

  now(): number {
    return this.base.now() + this.offset
  }

  monotonic(): number {
    return this.base.monotonic()
  }

  setTimeout(fn: () => void, ms: number): () => void {
    return this.base.setTimeout(fn, ms)
  }
}

/** Seeded (mulberry32), so that a failing run can be repeated. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)),
    token: (length) =>
      Array.from({ length }, () => 'abcdefghijklmnopqrstuvwxyz0123456789'[Math.floor(next() * 36)]).join(''),
  }
}
