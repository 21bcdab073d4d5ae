import { isObject, ownString } from '../../core/json.ts'
import { publicKeyFromServerName } from '../../core/ids.ts'
import type { EventId, JsonObject, ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import type { Clock, Random } from '../../trace/clock.ts'
import type { Logger, LogItem } from '../../trace/log.ts'
import { failureWords } from './failure-words.ts'
import { MAX_EDUS, MAX_PDUS, type BackoffRecord, type OutboxStore, type OutboxTransaction } from './ports.ts'
import type { SignedClient } from './signed-client.ts'
import { createSlots } from './slots.ts'

export interface OutboxDeps {
  readonly store: OutboxStore
  readonly client: SignedClient
  readonly origin: ServerName
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly domainAllowed: (server: ServerName) => boolean
  /** Something arrived at this destination, was refused by it, or could not be sent. Must not throw. */
  readonly onProgress?: ((destination: ServerName) => void) | undefined
  /** The destination takes transactions again. Must not throw. */
  readonly onBack?: ((destination: ServerName) => void) | undefined
}

export interface DestinationStatus {
  readonly destination: ServerName
  readonly queuedPdus: number
  readonly queuedEdus: number
  readonly sending: boolean
  readonly failures: number
  readonly retryAt: number | undefined
  /** A sentence for people. */
  readonly lastError: string | undefined
}

/** Sends what the store holds for each destination, in order, until it has arrived. */
export interface Outbox {
  /** Takes up what an earlier run left. */
  start(): void
  /** Something was queued for these. */
  wake(destinations: readonly ServerName[]): void
  /** The destination seems reachable (discovered, wrote to us, asked for by hand): tries now. */
  resetBackoff(destination: ServerName): void
  /** As `resetBackoff` for all: the network changed. */
  resetAll(): void
  /** An EDU that is worth nothing later (typing): kept in memory, dropped where the destination is away. */
  sendEphemeral(destinations: readonly ServerName[], edu: JsonObject, key: string): void
  /** PDUs and EDUs not yet acknowledged by the destination. */
  queuedFor(destination: ServerName): number
  /** Why what is queued for this destination has not arrived, in words for people; undefined while it is under way. */
  troubleWith(destination: ServerName): string | undefined
  status(): DestinationStatus[]
  /** Resolves when nothing is being sent; destinations in back-off are not waited for. */
  idle(): Promise<void>
  stop(): Promise<void>
}

/** The one sending loop of a destination, and what it knows. */
interface Lane {
  readonly destination: ServerName
  running: Promise<void> | undefined
  /** Something was queued since the store was last asked. */
  again: boolean
  cancelTimer: (() => void) | undefined
  readonly ephemeral: Map<string, JsonObject>
  /** Items in the next transaction: smaller while looking for the one that is refused. */
  limit: number
  backoff: BackoffRecord | undefined
  /** The store has a back-off record of this destination. */
  backoffStored: boolean
  lastAttempt: number
  /** The back-off was reset during an attempt that then failed. */
  resetMeanwhile: boolean
}

const FULL = MAX_PDUS + MAX_EDUS
const FIRST_BACKOFF_MS = 1_000
/** A key-named peer is on this LAN or comes back to it; probing it costs nothing. */
const MAX_BACKOFF_NEARBY_MS = 10 * 60_000
const MAX_BACKOFF_MS = 60 * 60_000
/** Between attempts, however often the back-off is reset. */
const MIN_INTERVAL_MS = 1_000
const SEND_TIMEOUT_MS = 60_000
/** What waits behind ephemeral EDUs is worth more than they are. */
const EPHEMERAL_TIMEOUT_MS = 10_000
/** No ephemeral EDUs for a destination that did not take the last ones. */
const EPHEMERAL_PAUSE_MS = 60_000
const MAX_PAUSED = 1_000
/** Destinations sent to at the same time. */
const MAX_PARALLEL = 128

/** Server-Server API, "Transactions". */
export function createOutbox(deps: OutboxDeps): Outbox {
  const { store, client, clock, random, log } = deps
  const lanes = new Map<ServerName, Lane>()
  const stopping = new AbortController()
  const slots = createSlots(MAX_PARALLEL)
  /** Until when ephemeral EDUs are not even tried. */
  const paused = new Map<ServerName, number>()

  function laneOf(destination: ServerName): Lane {
    let lane = lanes.get(destination)
    if (lane === undefined) {
      const backoff = store.backoff(destination)
      lane = {
        destination,
        running: undefined,
        again: false,
        cancelTimer: undefined,
        ephemeral: new Map(),
        limit: FULL,
        backoff,
        backoffStored: backoff !== undefined,
        lastAttempt: 0,
        resetMeanwhile: false,
      }
      lanes.set(destination, lane)
    }
    return lane
  }

  function wake(destinations: readonly ServerName[]): void {
    if (stopping.signal.aborted) return
    const ready: Lane[] = []
    for (const destination of new Set(destinations)) {
      // What is queued for a server that is not allowed waits for the rule to change.
      if (destination === deps.origin || !deps.domainAllowed(destination)) continue
      const lane = laneOf(destination)
      if (lane.running !== undefined) {
        lane.again = true
        continue
      }
      const wait = (lane.backoff?.retryAt ?? 0) - clock.now()
      if (wait > 0) {
        lane.cancelTimer ??= clock.setTimeout(() => {
          lane.cancelTimer = undefined
          wake([destination])
        }, wait)
      } else {
        ready.push(lane)
      }
    }
    if (ready.length === 0) return
    // One event goes to many destinations: their transactions are recorded with one sync of the disk.
    const firsts = store.transaction(() => ready.map((lane) => nextTransaction(lane)))
    ready.forEach((lane, index) => start(lane, firsts[index]))
  }

  function start(lane: Lane, first: OutboxTransaction | undefined): void {
    lane.cancelTimer?.()
    lane.cancelTimer = undefined
    lane.running = run(lane, first)
      .catch((error: unknown) => {
        // Only the store can fail here (a full disk, say). What is queued stays queued.
        const message = error instanceof Error ? error.message : String(error)
        log.note('outbox failed', { destination: lane.destination, error: message }, 'error')
        lane.backoff = { failures: 1, retryAt: clock.now() + 30_000, lastError: message }
      })
      .then(() => {
        lane.running = undefined
        if (stopping.signal.aborted) return
        if (lane.backoff !== undefined || lane.again || lane.ephemeral.size > 0) wake([lane.destination])
        else lanes.delete(lane.destination)
      })
  }

  /** What was begun before, else the next batch; undefined when nothing durable waits. */
  function nextTransaction(lane: Lane): OutboxTransaction | undefined {
    lane.again = false
    const begun = store.inFlight(lane.destination)
    if (begun !== undefined) return begun
    const now = clock.now()
    const ephemeral = lane.limit < FULL ? [] : [...lane.ephemeral.values()]
    const txn = store.begin(lane.destination, `${now}-${random.token(12)}`, now, lane.limit, ephemeral)
    if (txn !== undefined && lane.limit === FULL) lane.ephemeral.clear()
    return txn
  }

  async function run(lane: Lane, first: OutboxTransaction | undefined): Promise<void> {
    let txn = first
    // What is left when the rules change waits for them to change back.
    while (!stopping.signal.aborted && deps.domainAllowed(lane.destination)) {
      const durable = txn !== undefined
      txn ??= ephemeralTransaction(lane)
      if (txn === undefined) {
        // Nothing is left to wait for.
        lane.backoff = undefined
        return
      }
      const delivered = await attempt(lane, txn, durable)
      if (!delivered && lane.backoff !== undefined) return
      txn = nextTransaction(lane)
    }
  }

  /** Ephemeral EDUs alone are not worth a durable record. */
  function ephemeralTransaction(lane: Lane): OutboxTransaction | undefined {
    if (lane.ephemeral.size === 0) return undefined
    const now = clock.now()
    const edus = [...lane.ephemeral.values()].slice(0, MAX_EDUS)
    lane.ephemeral.clear()
    return {
      destination: lane.destination,
      txnId: `${now}-${random.token(12)}`,
      originServerTs: now,
      pdus: [],
      edus,
    }
  }

  /** True when the transaction is done with: delivered, refused for good, or to be split. */
  async function attempt(lane: Lane, txn: OutboxTransaction, durable: boolean): Promise<boolean> {
    const { destination, txnId } = txn
    const items = txn.pdus.length + txn.edus.length
    if (items === 0) {
      // Every event of it is gone from the event store.
      store.acknowledge(destination, txnId)
      return true
    }
    const values = { destination, txnId, pdus: txn.pdus.length, edus: txn.edus.length }
    return slots.run(() =>
      log.run('federation send', values, async (item) => {
        lane.lastAttempt = clock.now()
        lane.resetMeanwhile = false
        try {
          const answer = await client.request(destination, {
            method: 'PUT',
            path: `/_matrix/federation/v1/send/${encodeURIComponent(txnId)}`,
            content: transactionJson(deps.origin, txn),
            timeoutMs: durable ? SEND_TIMEOUT_MS : EPHEMERAL_TIMEOUT_MS,
            signal: stopping.signal,
          })
          delivered(lane, txn, durable, answer, item)
          return true
        } catch (error) {
          if (stopping.signal.aborted) return false
          if (!(error instanceof RemoteError)) throw error
          if (!durable) {
            // Nobody waits for them, and no message must wait because of them.
            if (paused.size >= MAX_PAUSED) paused.clear()
            paused.set(destination, clock.now() + EPHEMERAL_PAUSE_MS)
            item.note('ephemeral EDUs dropped', { error: error.message }, 'info')
            return true
          }
          if (refusesContent(error)) {
            refused(lane, txn, items, error, item)
            return true
          }
          // The rules changed in between: that is no fault of the other server.
          if (!deps.domainAllowed(destination)) return true
          backOff(lane, error, item)
          return false
        }
      }),
    )
  }

  function delivered(
    lane: Lane,
    txn: OutboxTransaction,
    durable: boolean,
    answer: JsonObject,
    item: LogItem,
  ): void {
    const results = isObject(answer['pdus']) ? answer['pdus'] : {}
    const eventIds = txn.pdus.map(({ eventId }) => eventId)
    const errors = new Map<EventId, string>()
    for (const eventId of eventIds) {
      const error = ownString(Object.hasOwn(results, eventId) ? results[eventId] : undefined, 'error')
      if (error === undefined) continue
      // The destination has decided; sending the event again would not change that.
      errors.set(eventId, error.slice(0, 500))
      item.note('event refused', { eventId, error: error.slice(0, 500) }, 'warn')
    }
    store.transaction(() => {
      const outcome = { ts: clock.now(), eventIds, errors }
      if (durable) store.acknowledge(txn.destination, txn.txnId, outcome)
      if (lane.backoffStored) store.setBackoff(txn.destination, undefined)
    })
    const wasPaused = paused.delete(txn.destination)
    const wasAway = lane.backoffStored || wasPaused
    lane.backoff = undefined
    lane.backoffStored = false
    lane.limit = Math.min(FULL, lane.limit * 2)
    deps.onProgress?.(txn.destination)
    if (wasAway) deps.onBack?.(txn.destination)
  }

  /** A refusal of the whole is narrowed down, by halves, to the one item at fault, which is then given up. */
  function refused(
    lane: Lane,
    txn: OutboxTransaction,
    items: number,
    error: RemoteError,
    item: LogItem,
  ): void {
    if (items > 1) {
      store.release(txn.destination, txn.txnId)
      lane.limit = Math.max(1, Math.floor(items / 2))
      item.note(
        'transaction refused, trying smaller ones',
        { error: error.message, items: lane.limit },
        'warn',
      )
    } else {
      store.refuse(txn.destination, txn.txnId, error.message, clock.now())
      deps.onProgress?.(txn.destination)
      item.note('given up', { eventId: txn.pdus[0]?.eventId, error: error.message }, 'error')
    }
  }

  function backOff(lane: Lane, error: RemoteError, item: LogItem): void {
    const now = clock.now()
    const failures = lane.resetMeanwhile ? 1 : (lane.backoff?.failures ?? 0) + 1
    const nearby = publicKeyFromServerName(lane.destination) !== undefined
    const cap = nearby ? MAX_BACKOFF_NEARBY_MS : MAX_BACKOFF_MS
    const full = Math.min(cap, FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 30))
    // Jitter: peers that failed together do not come back together.
    const delay = lane.resetMeanwhile
      ? Math.max(0, lane.lastAttempt + MIN_INTERVAL_MS - now)
      : full * (0.5 + random.next() / 2)
    const asked = error.body?.['retry_after_ms']
    const atLeast = typeof asked === 'number' && asked > 0 ? Math.min(asked, cap) : 0
    const record = {
      failures,
      retryAt: Math.round(now + Math.max(delay, atLeast)),
      lastError: failureWords(error),
    }
    lane.backoff = record
    lane.backoffStored = true
    lane.resetMeanwhile = false
    lane.ephemeral.clear()
    store.setBackoff(lane.destination, record)
    deps.onProgress?.(lane.destination)
    item.note('back-off', { failures, retryAt: record.retryAt, error: error.message }, 'info')
  }

  function resetBackoff(destination: ServerName): void {
    if (paused.delete(destination)) deps.onBack?.(destination)
    const lane = lanes.get(destination)
    if (lane === undefined || stopping.signal.aborted) return
    if (lane.running !== undefined) {
      lane.resetMeanwhile = true
      return
    }
    if (lane.backoff === undefined) return
    // Inbound traffic from a peer that cannot be reached back must not turn into a stream of attempts.
    const retryAt = lane.lastAttempt + MIN_INTERVAL_MS
    lane.backoff = retryAt > clock.now() ? { ...lane.backoff, failures: 0, retryAt } : undefined
    lane.cancelTimer?.()
    lane.cancelTimer = undefined
    wake([destination])
  }

  return {
    start: () => wake(store.destinations()),
    wake,
    resetBackoff,
    resetAll() {
      for (const destination of lanes.keys()) resetBackoff(destination)
    },

    sendEphemeral(destinations, edu, key) {
      const now = clock.now()
      const here = destinations.filter((destination) => {
        if ((paused.get(destination) ?? 0) > now) return false
        return (
          ((lanes.get(destination) ?? { backoff: store.backoff(destination) }).backoff?.retryAt ?? 0) <= now
        )
      })
      for (const destination of here) {
        const lane = laneOf(destination)
        if (lane.ephemeral.size >= MAX_EDUS) continue
        lane.ephemeral.delete(key)
        lane.ephemeral.set(key, edu)
      }
      wake(here)
    },

    queuedFor(destination) {
      const { pdus, edus } = store.queuedFor(destination)
      return pdus + edus
    },

    troubleWith(destination) {
      if (!deps.domainAllowed(destination))
        return 'The settings of this Hearth do not allow that server. It waits until they do.'
      const lane = lanes.get(destination)
      return (lane === undefined ? store.backoff(destination) : lane.backoff)?.lastError
    },

    status() {
      return [...new Set([...store.destinations(), ...lanes.keys()])].map((destination) => {
        const { pdus, edus } = store.queuedFor(destination)
        const lane = lanes.get(destination)
        const backoff = lane === undefined ? store.backoff(destination) : lane.backoff
        return {
          destination,
          queuedPdus: pdus,
          queuedEdus: edus,
          sending: lane?.running !== undefined,
          failures: backoff?.failures ?? 0,
          retryAt: backoff?.retryAt,
          lastError: backoff?.lastError,
        }
      })
    },

    async idle() {
      for (;;) {
        const running = [...lanes.values()].flatMap((lane) => lane.running ?? [])
        if (running.length === 0) return
        await Promise.all(running)
      }
    },

    async stop() {
      stopping.abort(new Error('the node is stopping'))
      for (const lane of lanes.values()) lane.cancelTimer?.()
      await Promise.all([...lanes.values()].flatMap((lane) => lane.running ?? []))
    },
  }
}

function transactionJson(origin: ServerName, txn: OutboxTransaction): JsonObject {
  return {
    origin,
    origin_server_ts: txn.originServerTs,
    pdus: txn.pdus.map(({ json }) => json),
    edus: [...txn.edus],
  }
}

/**
 * Does the answer say that the contents are at fault, so that the same again would be refused again?
 * Not for what depends on who asks, how fast, or where the request ended up (401, 403, 404, 429, …), nor
 * for a bare 400, which a proxy in front of the server may have given.
 */
function refusesContent(error: RemoteError): boolean {
  return (
    error.status === 413 || ((error.status === 400 || error.status === 422) && error.errcode !== undefined)
  )
}
