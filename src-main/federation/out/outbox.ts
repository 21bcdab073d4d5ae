import type { JsonObject, ServerName } from '../../core/types.ts'
import { RemoteError } from '../../rooms/ports.ts'
import type { LogItem } from '../../trace/log.ts'
import { MIN_INTERVAL_MS, nextBackoff } from './back-off.ts'
import { createDialled } from './dialled.ts'
import type { Outbox, OutboxDeps } from './outbox-api.ts'
import { createLanes, FULL, type Lane } from './outbox-lanes.ts'
import { createPickUps } from './pick-ups.ts'
import { MAX_EDUS, type OutboxTransaction } from './ports.ts'
import { createSlots } from './slots.ts'
import { refusedEvents, refusesContent, transactionJson, transactionText } from './transaction.ts'

export type { DestinationStatus, Outbox, OutboxDeps } from './outbox-api.ts'

const SEND_TIMEOUT_MS = 60_000
/** Who is there has answered by then, but for large transactions. */
const SLOW_MS = 3_000
/** What waits behind ephemeral EDUs is worth more than they are. */
const EPHEMERAL_TIMEOUT_MS = 10_000
/** No ephemeral EDUs for a destination that did not take the last ones. */
const EPHEMERAL_PAUSE_MS = 60_000
const MAX_PAUSED = 1_000
/** Destinations sent to at the same time. */
const MAX_PARALLEL = 128

/** The longest back-off, with room to spare. */
const LONGEST_WAIT_MS = 2 * 60 * 60_000

/** Server-Server API, "Transactions". */
export function createOutbox(deps: OutboxDeps): Outbox {
  const { store, client, clock, random, log } = deps
  const { lanes, laneOf } = createLanes(store)
  const pickUps = createPickUps(clock, (destination) => wake([destination]))
  const dialled = createDialled(clock, deps.onDialled)
  const stopping = new AbortController()
  const slots = createSlots(MAX_PARALLEL)
  /** Until when ephemeral EDUs are not even tried. */
  const paused = new Map<ServerName, number>()

  function wake(destinations: readonly ServerName[]): void {
    if (stopping.signal.aborted) return
    const ready: Lane[] = []
    for (const destination of new Set(destinations)) {
      // What is queued for a server that is not allowed waits for the rule to change.
      if (destination === deps.origin || !deps.domainAllowed(destination)) continue
      const lane = laneOf(destination)
      // It cannot be dialled, and comes for what waits by itself; an attempt that is under way leads nowhere.
      const collects = pickUps.notify(destination)
      if (lane.running !== undefined) {
        lane.again = true
        continue
      }
      if (collects) continue
      const ahead = (lane.backoff?.retryAt ?? 0) - clock.now()
      // No back-off is so long: the clock was set back.
      const wait = ahead > LONGEST_WAIT_MS ? 0 : ahead
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

  /** Those that can be sent to at once: recording their transactions then needs no write of its own. */
  function begin(destinations: readonly ServerName[]): () => void {
    if (stopping.signal.aborted) return () => undefined
    const begun: [Lane, OutboxTransaction | undefined][] = []
    const others: ServerName[] = []
    for (const destination of new Set(destinations)) {
      if (destination === deps.origin || !deps.domainAllowed(destination)) continue
      const lane = laneOf(destination)
      const waits = (lane.backoff?.retryAt ?? 0) > clock.now() || pickUps.collects(destination)
      if (lane.running === undefined && !waits) begun.push([lane, nextTransaction(lane)])
      else others.push(destination)
    }
    return () => {
      for (const [lane, first] of begun) {
        if (lane.running === undefined) start(lane, first)
        else others.push(lane.destination)
      }
      wake(others)
    }
  }

  function start(lane: Lane, first: OutboxTransaction | undefined): void {
    lane.cancelTimer?.()
    lane.cancelTimer = undefined
    lane.running = run(lane, first)
      .catch((error: unknown) => {
        // Only the store can fail here (a full disk, say). What is queued stays queued.
        const message = error instanceof Error ? error.message : String(error)
        log.note('outbox failed', { server: lane.destination, error: message }, 'error')
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
    const mode = deps.cannotAsk?.(lane.destination) === true ? 'all' : 'heads'
    const txn = store.begin(lane.destination, `${now}-${random.token(12)}`, now, lane.limit, ephemeral, mode)
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
      lane.drained = false
      const isDone = await attempt(lane, txn, durable)
      if (!isDone && lane.backoff !== undefined) return
      if (pickUps.notify(lane.destination)) return
      txn = lane.drained && !lane.again ? undefined : nextTransaction(lane)
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
    const events = txn.pdus.map(({ eventId }) => eventId)
    const values = { server: destination, txn: txnId, events, edus: txn.edus.length }
    return slots.run(() =>
      log.run('federation send', values, async (item) => {
        lane.lastAttempt = clock.now()
        lane.resetMeanwhile = false
        const cancelSlow = clock.setTimeout(() => deps.onSlow?.(destination), SLOW_MS)
        try {
          const answer = await client.request(destination, {
            method: 'PUT',
            path: `/_matrix/federation/v1/send/${encodeURIComponent(txnId)}`,
            content: transactionJson(deps.origin, txn),
            contentText: () => transactionText(deps.origin, txn),
            timeoutMs: durable ? SEND_TIMEOUT_MS : EPHEMERAL_TIMEOUT_MS,
            signal: stopping.signal,
            log: item,
          })
          noteDialled(destination, true)
          delivered(lane, txn, durable, answer, item)
          return true
        } catch (error) {
          if (stopping.signal.aborted) return false
          if (!(error instanceof RemoteError)) throw error
          noteDialled(destination, error.status !== undefined)
          // It came for it meanwhile.
          if (durable && store.inFlight(destination)?.txnId !== txnId) return true
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
        } finally {
          cancelSlow()
        }
      }),
    )
  }

  /** Who can be dialled is told so, and collects no more: what is left for it to collect would wait for nobody. */
  function noteDialled(destination: ServerName, reached: boolean): void {
    dialled.note(destination, reached)
    if (reached) pickUps.end(destination)
  }

  function delivered(
    lane: Lane,
    txn: OutboxTransaction,
    durable: boolean,
    answer: JsonObject,
    item: LogItem,
  ): void {
    const eventIds = txn.pdus.map(({ eventId }) => eventId)
    const errors = refusedEvents(txn, answer)
    for (const [eventId, error] of errors) item.note('event refused', { event: eventId, error }, 'warn')
    store.transaction(() => {
      const outcome = { ts: clock.now(), eventIds, errors }
      if (durable) store.acknowledge(txn.destination, txn.txnId, outcome)
      if (lane.backoffStored) store.setBackoff(txn.destination, undefined)
    })
    const wasPaused = paused.delete(txn.destination)
    const wasAway = lane.backoffStored || wasPaused
    lane.backoff = undefined
    lane.backoffStored = false
    lane.drained = txn.isLast === true
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
      item.note('given up', { event: txn.pdus[0]?.eventId, error: error.message }, 'error')
    }
  }

  function backOff(lane: Lane, error: RemoteError, item: LogItem): void {
    const record = nextBackoff(lane.destination, error, {
      now: clock.now(),
      failures: lane.resetMeanwhile ? 0 : (lane.backoff?.failures ?? 0),
      soonFrom: lane.resetMeanwhile ? lane.lastAttempt : undefined,
      since: store.backoff(lane.destination)?.since,
      jitter: random.next(),
    })
    lane.backoff = record
    lane.resetMeanwhile = false
    lane.ephemeral.clear()
    if (error.status === 429) {
      // It is there, and asked for time: nothing that it does meanwhile shortens that.
      lane.heldUntil = record.retryAt
    } else {
      lane.backoffStored = true
      store.setBackoff(lane.destination, record)
    }
    deps.onProgress?.(lane.destination)
    const { failures, retryAt } = record
    item.note('back-off', { failures, retryAt, error: error.message }, 'info')
  }

  function resetBackoff(destination: ServerName): void {
    if (paused.delete(destination)) deps.onBack?.(destination)
    const lane = lanes.get(destination)
    if (lane === undefined || stopping.signal.aborted) return
    if (lane.running !== undefined) {
      lane.resetMeanwhile = true
      return
    }
    if (lane.backoff === undefined || lane.heldUntil > clock.now()) return
    // Inbound traffic from a peer that cannot be reached back must not turn into a stream of attempts.
    const retryAt = lane.lastAttempt + MIN_INTERVAL_MS
    const { failures } = lane.backoff
    log.remark('back-off ended', { server: destination, failures, retryAt })
    lane.backoff = retryAt > clock.now() ? { ...lane.backoff, failures: 0, retryAt } : undefined
    lane.cancelTimer?.()
    lane.cancelTimer = undefined
    wake([destination])
  }

  return {
    start: () => wake(store.destinations()),
    begin,
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

    dialled,

    async collect(destination, timeoutMs, signal) {
      if (stopping.signal.aborted || !deps.domainAllowed(destination)) return undefined
      const lane = laneOf(destination)
      const ended = AbortSignal.any([signal, stopping.signal])
      return pickUps.next(destination, timeoutMs, ended, () => {
        const txn = nextTransaction(lane) ?? ephemeralTransaction(lane)
        if (txn === undefined || txn.pdus.length + txn.edus.length > 0) return txn
        store.acknowledge(destination, txn.txnId)
        return nextTransaction(lane)
      })
    },

    collects: (destination) => pickUps.collects(destination),
    endCollecting: (destination) => pickUps.end(destination),

    collected(destination, txnId, answer) {
      const txn = store.inFlight(destination)
      if (txn?.txnId !== txnId) return
      log
        .run(
          'federation send',
          {
            server: destination,
            txn: txnId,
            collected: true,
            events: txn.pdus.map(({ eventId }) => eventId),
          },
          (item) => {
            delivered(laneOf(destination), txn, true, answer, item)
            return Promise.resolve()
          },
        )
        .catch((error: unknown) =>
          log.note('outbox failed', { server: destination, error: String(error) }, 'error'),
        )
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
          since: backoff?.since ?? store.backoff(destination)?.since,
          lastAttempt: lane === undefined || lane.lastAttempt === 0 ? undefined : lane.lastAttempt,
          asksToWait: (lane?.heldUntil ?? 0) > clock.now(),
          collects: pickUps.collects(destination),
        }
      })
    },

    async retryNow(destination) {
      if (!deps.domainAllowed(destination) || destination === deps.origin) return
      const lane = laneOf(destination)
      if (lane.heldUntil > clock.now()) return
      pickUps.end(destination)
      if (lane.running === undefined) {
        lane.backoff = undefined
        lane.cancelTimer?.()
        lane.cancelTimer = undefined
        wake([destination])
      }
      await lane.running
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
      pickUps.stop()
      for (const lane of lanes.values()) lane.cancelTimer?.()
      await Promise.all([...lanes.values()].flatMap((lane) => lane.running ?? []))
    },
  }
}
