import type { ServerName } from '../../src-main/core/types.ts'
import { RemoteError } from '../../src-main/rooms/ports.ts'
import { RoomError } from '../../src-main/rooms/api.ts'
import type { Random } from '../../src-main/trace/clock.ts'
import type { FakeClock } from './clock.ts'

export interface Faults {
  /** Probability that a request does not arrive. */
  lose: number
  /** Probability that it arrives and its answer does not: what is retried is a duplicate. */
  loseAnswer: number
  /** Longest delay of either way in milliseconds; different delays reorder. */
  delay: number
  /** Probability that a copy of the request arrives a second time, late: after requests that came later. */
  repeat: number
  /** Probability that two copies of the request arrive at the same moment. */
  duplicate: number
  /** Probability that a request is held back until later ones have passed it. */
  reorder: number
  /** Probability that the answer ends in the middle of its JSON. */
  truncate: number
  /** Probability that an answer takes its time: up to a minute and a half, of which the asker waits one. */
  slow: number
}

export const FINE: Readonly<Faults> = {
  lose: 0,
  loseAnswer: 0,
  delay: 0,
  repeat: 0,
  duplicate: 0,
  reorder: 0,
  truncate: 0,
  slow: 0,
}

/** What the signed client waits for an answer. */
const PATIENCE_MS = 60_000

/** Carries requests between nodes, with faults drawn from a seeded source. */
export class FaultyNetwork {
  readonly faults: Faults = { ...FINE }
  /** Requests made, by name: tests ask what was needed. */
  readonly requests = new Map<string, number>()
  /** Requests that every server refuses, by name. */
  readonly refused = new Set<string>()
  /** Requests that fail for now, by name. */
  readonly failing = new Set<string>()
  /** How many more requests fail, by name. */
  readonly stumbling = new Map<string, number>()
  /** Servers that take requests and answer none, for a minute each. */
  readonly hanging = new Set<ServerName>()
  inFlight = 0
  private readonly cut = new Set<string>()
  private readonly half = new Set<string>()
  private readonly clock: FakeClock
  private readonly random: Random

  constructor(clock: FakeClock, random: Random) {
    this.clock = clock
    this.random = random
  }

  partition(a: ServerName, b: ServerName): void {
    this.cut.add(pair(a, b))
  }

  /** Connections between the two stand, and carry nothing: each request finds out after a minute. */
  halfOpen(a: ServerName, b: ServerName): void {
    this.half.add(pair(a, b))
  }

  /** The connections are whole again; what is wrong with each request stays. */
  reconnect(): void {
    this.cut.clear()
    this.half.clear()
  }

  heal(): void {
    this.reconnect()
    Object.assign(this.faults, FINE)
  }

  /** JSON there and JSON back, as over a wire. */
  async request<T>(
    from: ServerName,
    to: ServerName,
    name: string,
    serve: () => Promise<unknown>,
  ): Promise<T> {
    this.requests.set(name, (this.requests.get(name) ?? 0) + 1)
    this.inFlight++
    try {
      if (this.rolls('reorder')) await this.wait(this.random.next() * 5 * this.faults.delay)
      await this.pass(from, to, this.faults.lose)
      if (this.hanging.has(to)) {
        await this.wait(PATIENCE_MS)
        throw new RemoteError(to, 'no answer', { retryable: true })
      }
      if (this.refused.has(name)) throw new RemoteError(to, 'refused', { status: 404, retryable: false })
      const stumbles = this.stumbling.get(name) ?? 0
      this.stumbling.set(name, Math.max(0, stumbles - 1))
      if (this.failing.has(name) || stumbles > 0)
        throw new RemoteError(to, 'failing', { status: 503, retryable: true })
      if (this.rolls('duplicate')) this.copy(to, serve, 0)
      const answer = await answerOf(to, serve)
      if (this.rolls('repeat')) this.copy(to, serve, this.random.next() * 5 * this.faults.delay)
      if (this.rolls('slow')) await this.answerSlowly(to)
      await this.pass(from, to, this.faults.loseAnswer)
      if (answer instanceof RemoteError) throw answer
      if (this.rolls('truncate')) {
        // What the signed client makes of JSON that ends too early.
        throw new RemoteError(to, 'The answer is not usable JSON.', { status: 200, retryable: false })
      }
      return answer as T
    } finally {
      this.inFlight--
    }
  }

  /** Only a fault that is on takes a number, so that older seeds stay what they were. */
  private rolls(fault: 'repeat' | 'duplicate' | 'reorder' | 'truncate' | 'slow'): boolean {
    return this.faults[fault] > 0 && this.random.next() < this.faults[fault]
  }

  private wait(ms: number): Promise<void> {
    return new Promise<void>((resolve) => this.clock.setTimeout(resolve, ms))
  }

  private async answerSlowly(to: ServerName): Promise<void> {
    const ms = this.random.next() * 1.5 * PATIENCE_MS
    await this.wait(Math.min(ms, PATIENCE_MS))
    if (ms > PATIENCE_MS) throw new RemoteError(to, 'the answer took too long', { retryable: true })
  }

  /** The network delivers a copy; nobody hears the answer. */
  private copy(to: ServerName, serve: () => Promise<unknown>, ms: number): void {
    this.inFlight++
    this.clock.setTimeout(() => void answerOf(to, serve).finally(() => this.inFlight--), ms)
  }

  private async pass(from: ServerName, to: ServerName, lose: number): Promise<void> {
    const ms = this.random.next() * this.faults.delay
    if (ms >= 1) await this.wait(ms)
    if (this.half.has(pair(from, to))) {
      await this.wait(PATIENCE_MS)
      throw new RemoteError(to, 'no answer', { retryable: true })
    }
    if (this.cut.has(pair(from, to)) || this.random.next() < lose) {
      throw new RemoteError(to, 'connection lost', { retryable: true })
    }
  }
}

async function answerOf(to: ServerName, serve: () => Promise<unknown>): Promise<unknown> {
  try {
    return roundTrip(await serve())
  } catch (error) {
    if (!(error instanceof RoomError)) throw error
    return new RemoteError(to, error.message, {
      status: error.status,
      errcode: error.errcode,
      body: { errcode: error.errcode, error: error.message, ...error.extra },
      retryable: error.status >= 500,
    })
  }
}

export function roundTrip<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T)
}

function pair(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
