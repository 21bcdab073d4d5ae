import type { ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'
import type { Peer } from './peer.ts'

export interface PeerProberOptions {
  readonly clock: Clock
  /** True if the peer answered; an error, or no answer in time, counts as no. */
  readonly probe: ((serverName: ServerName) => Promise<boolean>) | undefined
  readonly peers: () => Iterable<Peer>
  readonly onResult: (peer: Peer, answered: boolean) => void
}

const timeoutMs = 5_000
const atOnce = 16
/** Of those, peers that have answered before, and peers that have not: neither kind keeps the other from being asked. */
const mostOfAKind = 12
/** However fast records change, a peer is not asked more often than this. */
const leastBetweenMs = 1_000
const tickMs = 500

/** Asks peers when their `nextProbe` has come, a few at once. */
export class PeerProber {
  private readonly options: PeerProberOptions
  private readonly active = { answered: 0, unanswered: 0 }
  private running = false
  private cancelTick: (() => void) | undefined

  constructor(options: PeerProberOptions) {
    this.options = options
  }

  start(): void {
    if (this.running) return
    this.running = true
    this.tick()
  }

  stop(): void {
    this.running = false
    this.cancelTick?.()
  }

  soon(peer: Peer, delayMs: number): void {
    peer.nextProbe = Math.max(this.options.clock.monotonic() + delayMs, peer.lastProbe + leastBetweenMs)
    if (delayMs === 0) this.askDue()
  }

  private tick(): void {
    if (!this.running) return
    this.askDue()
    this.cancelTick = this.options.clock.setTimeout(() => this.tick(), tickMs)
  }

  /** In turn: who makes itself due again and again, under many names, is asked no sooner than others. */
  private askDue(): void {
    const { probe, clock } = this.options
    const { active } = this
    const free = (): number => atOnce - active.answered - active.unanswered
    if (probe === undefined || !this.running || free() <= 0) return
    const now = clock.monotonic()
    const due = [...this.options.peers()].filter((peer) => !peer.probing && peer.nextProbe <= now)
    due.sort((a, b) =>
      a.lastProbe === b.lastProbe ? b.lastLearned - a.lastLearned : a.lastProbe < b.lastProbe ? -1 : 1,
    )
    for (const peer of due) {
      const kind = hasAnswered(peer) ? 'answered' : 'unanswered'
      if (free() <= 0) return
      if (active[kind] >= mostOfAKind) continue
      active[kind] += 1
      peer.probing = true
      peer.lastProbe = now
      void this.ask(probe, peer.serverName).then((answered) => {
        active[kind] -= 1
        peer.probing = false
        this.options.onResult(peer, answered)
        this.askDue()
      })
    }
  }

  /** Never rejects. */
  private ask(probe: (serverName: ServerName) => Promise<boolean>, serverName: ServerName): Promise<boolean> {
    let cancel: (() => void) | undefined
    const timeout = new Promise<boolean>((resolve) => {
      cancel = this.options.clock.setTimeout(() => resolve(false), timeoutMs)
    })
    const answer = probe(serverName).catch(() => false)
    return Promise.race([answer, timeout]).finally(() => cancel?.())
  }
}

const hasAnswered = ({ reachable, addresses }: Peer): boolean =>
  reachable || addresses.some(({ lastSuccess }) => lastSuccess !== undefined)
