import type { ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'
import type { Logger } from '../../trace/log.ts'

/** One server that did not answer is asked so often, in turn: nothing next to what an hour of back-off costs. */
const ASK_EVERY_MS = 30_000
/** Those that answered just now: a line that is whole again should be noticed at once. */
const ASK_MISSED_EVERY_MS = 2_000
const MISSED_FOR_MS = 30 * 60_000
const MISSED_AT_ONCE = 16
/** Shorter silences pass by themselves. */
const OFFLINE_MS = 30_000
const MAX_DOWN = 500
const MAX_MET = 500

export interface LineWatch {
  /** How an attempt to reach a server ended. */
  note(server: ServerName, reached: boolean): void
  /** A request to it goes unanswered for seconds. */
  suspect(server: ServerName): void
  stop(): void
}

/**
 * A line can be dead for hours without any interface of this machine showing it (the router's uplink), and
 * both sides of it then wait out a long back-off. So the servers that do not answer are asked now and then,
 * cheaply, and more often those that were there just now; who answers is sent to at once. When nobody answered
 * for a while and then one does, it was this node that was away.
 */
export function createLineWatch(deps: {
  /** Asks a server whether it is there; never rejects. */
  readonly probe: (server: ServerName) => Promise<boolean>
  /** Whether a new connection to it can be made; never rejects. */
  readonly reaches: (server: ServerName) => Promise<boolean>
  /** The server answers again. */
  readonly onAnswer: (server: ServerName) => void
  /** No new connection to it can be made: the old ones lead nowhere. */
  readonly onDead: (server: ServerName) => void
  /** This node was cut off from everybody. */
  readonly onBack: () => void
  readonly clock: Clock
  readonly log: Logger
}): LineWatch {
  const { clock } = deps
  /** Those that did not answer, the one asked longest ago first. */
  const down = new Set<ServerName>()
  /** When each was last reached, the one longest ago first. */
  const met = new Map<ServerName, number>()
  const asking = new Set<ServerName>()
  const suspected = new Set<ServerName>()
  let silentSince: number | undefined
  let stopped = false

  const isMissed = (server: ServerName): boolean =>
    clock.monotonic() - (met.get(server) ?? Number.NEGATIVE_INFINITY) < MISSED_FOR_MS

  const rounds = [
    rounder(ASK_MISSED_EVERY_MS, MISSED_AT_ONCE, isMissed),
    rounder(ASK_EVERY_MS, 1, (server) => !isMissed(server)),
  ]

  /** Asks `atOnce` of those that did not answer, in turn, every so often as long as there are any. */
  function rounder(
    everyMs: number,
    atOnce: number,
    isMine: (server: ServerName) => boolean,
  ): { schedule(): void; cancel(): void } {
    let cancel: (() => void) | undefined
    const schedule = (): void => {
      if (stopped || cancel !== undefined || ![...down].some(isMine)) return
      cancel = clock.setTimeout(() => {
        cancel = undefined
        const due = [...down].filter((server) => isMine(server) && !asking.has(server))
        for (const server of due.slice(0, atOnce)) ask(server)
        // Who was missed for long is asked in the other rounds from now on.
        for (const round of rounds) round.schedule()
      }, everyMs)
    }
    return { schedule, cancel: () => cancel?.() }
  }

  function ask(server: ServerName): void {
    down.delete(server)
    down.add(server)
    asking.add(server)
    deps
      .probe(server)
      .then((reached) => {
        if (stopped) return
        note(server, reached)
        if (reached) deps.onAnswer(server)
      })
      .catch((error: unknown) => deps.log.note('probe failed', { server, error: String(error) }, 'warn'))
      .finally(() => asking.delete(server))
  }

  function note(server: ServerName, reached: boolean): void {
    if (stopped) return
    if (!reached) {
      silentSince ??= clock.monotonic()
      if (down.size < MAX_DOWN) down.add(server)
      for (const round of rounds) round.schedule()
      return
    }
    met.delete(server)
    met.set(server, clock.monotonic())
    const [longestAgo] = met.keys()
    if (met.size > MAX_MET && longestAgo !== undefined) met.delete(longestAgo)
    // Where it is another one that does not answer, this line is well.
    const wasAway =
      down.delete(server) && silentSince !== undefined && clock.monotonic() - silentSince >= OFFLINE_MS
    silentSince = undefined
    if (wasAway) deps.onBack()
  }

  return {
    note,
    suspect(server) {
      if (stopped || suspected.has(server)) return
      suspected.add(server)
      deps
        .reaches(server)
        .then((reached) => {
          if (!reached && !stopped) deps.onDead(server)
        })
        .catch((error: unknown) => deps.log.note('dial failed', { server, error: String(error) }, 'warn'))
        .finally(() => suspected.delete(server))
    },
    stop() {
      stopped = true
      for (const round of rounds) round.cancel()
    },
  }
}
