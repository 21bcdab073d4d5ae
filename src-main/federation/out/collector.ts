import { z } from 'zod'
import { publicKeyFromServerName } from '../../core/ids.ts'
import { isObject } from '../../core/json.ts'
import type { JsonObject, ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import { sleep, type Clock } from '../../trace/clock.ts'
import type { Logger, LogItem } from '../../trace/log.ts'
import type { SignedClient } from './signed-client.ts'

const PATH = '/_matrix/federation/unstable/org.hearth/waiting'
const WAIT_MS = 25_000
/** A server that has just heard of this one needs so long to find out whether it can dial it. */
const FINDS_OUT_MS = 7_000
/** Longer than the other side waits, for its answer to come. */
const TIMEOUT_MS = 40_000
const MAX_BYTES = 12 * 1024 * 1024
/** Servers asked at the same time; each of them costs one connection. */
const MAX_SESSIONS = 64
/** Of those, servers with nobody in a room of this one: anybody can have a thousand names that say what they like. */
const MAX_STRANGERS = 8
const NEARBY_EVERY_MS = 30_000
const OTHERS_EVERY_MS = 10 * 60_000
/** Who does not know the endpoint is no Hearth, or an older one. */
const UNKNOWN_EVERY_MS = 60 * 60_000
const TICK_MS = 5_000
const LOOK_AROUND_MS = 30_000
const COUNT_AGAIN_MS = 1_000
/** After a server that cannot dial this one went away in the middle. */
const BACK_SOON_MS = 5_000
/** Between two answers that brought nothing. */
const LEAST_MS = 1_000
/** What is fetched comes no faster than what is sent may: as `createTrafficLimits` and the limits of requests have it. */
const MS_PER_REQUEST = 10
const MS_PER_PDU = 1_000 / 2_000
const MS_PER_EDU = 1_000 / 300

const object = z.custom<JsonObject>(isObject, 'must be an object')
const shape = z.object({
  reachable: z.boolean(),
  transaction: z
    .object({
      txn_id: z.string().min(1).max(512),
      pdus: z.array(object).max(50),
      edus: z.array(object).max(100),
    })
    .optional(),
})

export interface CollectorDeps {
  readonly client: Pick<SignedClient, 'request'>
  /** Servers with somebody in a room of this one. */
  readonly neighbours: () => Iterable<ServerName>
  readonly domainAllowed: (server: ServerName) => boolean
  /** As `/send` takes a transaction. */
  readonly receive: (
    origin: ServerName,
    txnId: string,
    pdus: readonly JsonObject[],
    edus: readonly JsonObject[],
    item: LogItem,
  ) => Promise<Record<string, { error?: string }>>
  /** From now on `cannotDialUs` holds for this server. */
  readonly onOneSided: (server: ServerName) => void
  readonly clock: Clock
  readonly log: Logger
}

export interface Collector {
  /** Asks every other server anew: the network is another, or this node was away. */
  check(): void
  /** This server may have something that it cannot send: it said so with an answer. */
  hint(server: ServerName): void
  /** The server says, and not only while it finds out, that it cannot dial this one. */
  cannotDialUs(server: ServerName): boolean
  /** All for which `cannotDialUs` holds. */
  oneSided(): readonly ServerName[]
  stop(): Promise<void>
}

/**
 * A firewall may let only one side dial. This side then asks the other for what waits there, again and
 * again, as long as that one cannot reach it; a server that can says so, and is left in peace for a while.
 */
export function createCollector(deps: CollectorDeps): Collector {
  const { client, clock, log } = deps
  const stopping = new AbortController()
  const sessions = new Map<ServerName, Promise<void>>()
  const due = new Map<ServerName, number>()
  const oneSided = new Set<ServerName>()
  /** When the last session with each ended. */
  const ended = new Map<ServerName, number>()
  let cancelTick: (() => void) | undefined
  let known = new Set<ServerName>()
  let lookedAt = -Infinity
  let countedAt = -Infinity

  function tick(): void {
    cancelTick?.()
    if (stopping.signal.aborted) return
    cancelTick = clock.setTimeout(tick, TICK_MS)
    const now = clock.monotonic()
    if (now - lookedAt >= LOOK_AROUND_MS) {
      lookedAt = now
      countedAt = now
      known = new Set(deps.neighbours())
      for (const times of [due, ended, oneSided])
        for (const server of times.keys()) if (!known.has(server)) times.delete(server)
    }
    for (const server of known) {
      if (sessions.size >= MAX_SESSIONS) return
      if (sessions.has(server) || (due.get(server) ?? 0) > now || !deps.domainAllowed(server)) continue
      begin(server)
    }
  }

  function isNeighbour(server: ServerName): boolean {
    const now = clock.monotonic()
    // Somebody may have come into a room since they were counted, which takes long where there are many rooms.
    if (!known.has(server) && now - countedAt >= COUNT_AGAIN_MS) {
      countedAt = now
      known = new Set(deps.neighbours())
    }
    return known.has(server)
  }

  function mayBegin(server: ServerName): boolean {
    if (sessions.has(server) || sessions.size >= MAX_SESSIONS || stopping.signal.aborted) return false
    if (isNeighbour(server)) return true
    return [...sessions.keys()].filter((other) => !known.has(other)).length < MAX_STRANGERS
  }

  function begin(server: ServerName): void {
    const dueIn = (ms: number): void => {
      if (known.has(server)) due.set(server, clock.monotonic() + ms)
    }
    const session = run(server)
      .then(
        () => dueIn(everyMs(server)),
        (error: unknown) => {
          const unknown = error instanceof RemoteError && (error.status === 404 || error.status === 405)
          dueIn(oneSided.has(server) ? BACK_SOON_MS : unknown ? UNKNOWN_EVERY_MS : everyMs(server))
          if (!(error instanceof RemoteError) && !stopping.signal.aborted)
            log.note('collecting failed', { server, error: String(error) }, 'warn')
        },
      )
      .finally(() => {
        sessions.delete(server)
        ended.set(server, clock.monotonic())
      })
    sessions.set(
      server,
      session.then(() => undefined),
    )
  }

  async function run(server: ServerName): Promise<void> {
    let received: JsonObject | undefined
    const began = clock.monotonic()
    while (!stopping.signal.aborted && deps.domainAllowed(server)) {
      const askedAt = clock.monotonic()
      const answer = await client.request(server, {
        method: 'POST',
        path: PATH,
        content: {
          timeout: oneSided.has(server) ? WAIT_MS : FINDS_OUT_MS,
          ...(received === undefined ? {} : { received }),
        },
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_BYTES,
        signal: stopping.signal,
      })
      const parsed = shape.safeParse(answer)
      if (!parsed.success) throw new Error(`what ${server} answers is not usable`)
      const { reachable, transaction } = parsed.data
      if (reachable) oneSided.delete(server)
      else if (!oneSided.has(server) && clock.monotonic() - began >= FINDS_OUT_MS && isNeighbour(server)) {
        oneSided.add(server)
        deps.onOneSided(server)
      }
      received = undefined
      let pause = LEAST_MS
      if (transaction !== undefined) {
        const { txn_id: txnId, pdus, edus } = transaction
        const values = { server, txn: txnId, pdus: pdus.length, edus: edus.length }
        const results = await log.run('federation collected', values, (item) =>
          deps.receive(server, txnId, pdus, edus, item),
        )
        received = { txn_id: txnId, pdus: results }
        pause = Math.max(MS_PER_REQUEST, pdus.length * MS_PER_PDU, edus.length * MS_PER_EDU)
        // A stranger may have brought something, and is not waited for.
      } else if (reachable || !isNeighbour(server)) return
      const left = pause - (clock.monotonic() - askedAt)
      if (left > 0) await sleep(clock, left, stopping.signal)
    }
  }

  return {
    check() {
      due.clear()
      lookedAt = -Infinity
      tick()
    },
    hint(server) {
      if (!mayBegin(server)) return
      const last = ended.get(server)
      if (last === undefined || clock.monotonic() - last >= BACK_SOON_MS) begin(server)
      else due.set(server, Math.min(due.get(server) ?? Infinity, last + BACK_SOON_MS))
    },
    cannotDialUs: (server) => oneSided.has(server),
    oneSided: () => [...oneSided],
    async stop() {
      stopping.abort()
      cancelTick?.()
      await Promise.all(sessions.values())
    },
  }
}

/** On one LAN a firewall comes and goes with its owner's clicks. */
function everyMs(server: ServerName): number {
  return publicKeyFromServerName(server) === undefined ? OTHERS_EVERY_MS : NEARBY_EVERY_MS
}
