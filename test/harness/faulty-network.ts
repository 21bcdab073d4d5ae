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
}

/** Carries requests between nodes, with faults drawn from a seeded source. */
export class FaultyNetwork {
  readonly faults: Faults = { lose: 0, loseAnswer: 0, delay: 0, repeat: 0 }
  /** Requests made, by name: tests ask what was needed. */
  readonly requests = new Map<string, number>()
  /** Requests that every server refuses, by name. */
  readonly refused = new Set<string>()
  /** Requests that fail for now, by name. */
  readonly failing = new Set<string>()
  /** Servers that take requests and answer none, for a minute each. */
  readonly hanging = new Set<ServerName>()
  inFlight = 0
  private readonly cut = new Set<string>()
  private readonly clock: FakeClock
  private readonly random: Random

  constructor(clock: FakeClock, random: Random) {
    this.clock = clock
    this.random = random
  }

  partition(a: ServerName, b: ServerName): void {
    this.cut.add(pair(a, b))
  }

  heal(): void {
    this.cut.clear()
    Object.assign(this.faults, { lose: 0, loseAnswer: 0, delay: 0, repeat: 0 })
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
      await this.pass(from, to, this.faults.lose)
      if (this.hanging.has(to)) {
        await new Promise<void>((resolve) => this.clock.setTimeout(resolve, 60_000))
        throw new RemoteError(to, 'no answer', { retryable: true })
      }
      if (this.refused.has(name)) throw new RemoteError(to, 'refused', { status: 404, retryable: false })
      if (this.failing.has(name)) throw new RemoteError(to, 'failing', { status: 503, retryable: true })
      const answer = await answerOf(to, serve)
      if (this.random.next() < this.faults.repeat) this.repeatLate(to, serve)
      await this.pass(from, to, this.faults.loseAnswer)
      if (answer instanceof RemoteError) throw answer
      return answer as T
    } finally {
      this.inFlight--
    }
  }

  /** The network delivers an old copy; nobody hears the answer. */
  private repeatLate(to: ServerName, serve: () => Promise<unknown>): void {
    this.inFlight++
    this.clock.setTimeout(
      () => void answerOf(to, serve).finally(() => this.inFlight--),
      this.random.next() * 5 * this.faults.delay,
    )
  }

  private async pass(from: ServerName, to: ServerName, lose: number): Promise<void> {
    const ms = this.random.next() * this.faults.delay
    if (ms >= 1) await new Promise<void>((resolve) => this.clock.setTimeout(resolve, ms))
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
