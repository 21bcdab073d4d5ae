import { parseJson } from '../core/parse-json.ts'
import type { EventId, JsonObject, Pdu, PduJson, ServerName } from '../core/types.ts'
import {
  MAX_EDUS,
  MAX_PDUS,
  type DeliveryState,
  type OutboxStore,
  type OutboxTransaction,
} from '../federation/out/ports.ts'
import type { Database } from './database.ts'
import { Outcomes } from './outbox-outcomes.ts'
import { SkippedEvents, type Heads } from './outbox-skipped.ts'

/** Of one room, for a destination that turns out to have all of it; older ones are forgotten by then. */
const MOST_AT_ONCE = 50_000

export interface OutboxStoreOptions {
  /** This server: whose events it owes to others. */
  readonly own: ServerName
  readonly heads: Heads
}

/**
 * Appends the event to the queue of each destination; call it in the transaction that stores the event. Of a
 * room with a long queue to a destination that is away, only that there is news is kept.
 */
export function enqueuePdu(db: Database, destinations: readonly ServerName[], pdu: Pdu): void {
  const skipped = new SkippedEvents(db)
  for (const destination of destinations) {
    if (skipped.add(destination, pdu.roomId, pdu.eventId)) continue
    // A destination gets an event once, however often it is asked for.
    db.run(
      'INSERT OR IGNORE INTO outbox_pdus (destination, event_id, room_id) VALUES (?, ?, ?)',
      destination,
      pdu.eventId,
      pdu.roomId,
    )
  }
}

/** Appends a durable EDU; `key` replaces a waiting EDU of the same key, never one in flight. */
export function enqueueEdu(db: Database, destination: ServerName, edu: JsonObject, key?: string): void {
  if (key !== undefined) {
    db.run(
      'DELETE FROM outbox_edus WHERE destination = ? AND replace_key = ? AND txn_id IS NULL',
      destination,
      key,
    )
  }
  db.run(
    'INSERT INTO outbox_edus (destination, edu, replace_key) VALUES (?, ?, ?)',
    destination,
    JSON.stringify(edu),
    key ?? null,
  )
}

/** `loadPdu` reads the event's JSON from the event store; an event that is gone there is not sent. */
export function createOutboxStore(
  db: Database,
  loadPdu: (id: EventId) => PduJson | undefined,
  { own, heads }: OutboxStoreOptions = {
    own: '' as ServerName,
    heads: (_destination, _room, last) => [last],
  },
): OutboxStore {
  const skipped = new SkippedEvents(db)
  const outcomes = new Outcomes(db)

  function contents(destination: ServerName, txnId: string): Pick<OutboxTransaction, 'pdus' | 'edus'> {
    const pdus: { eventId: EventId; json: PduJson }[] = []
    for (const row of db.all(
      'SELECT event_id FROM outbox_pdus WHERE destination = ? AND txn_id = ? ORDER BY seq',
      destination,
      txnId,
    )) {
      const eventId = String(row['event_id']) as EventId
      const json = loadPdu(eventId)
      if (json !== undefined) pdus.push({ eventId, json })
    }
    const edus = db
      .all(
        'SELECT edu FROM outbox_edus WHERE destination = ? AND txn_id = ? ORDER BY seq',
        destination,
        txnId,
      )
      .map((row) => parseJson(String(row['edu'])) as JsonObject)
    return { pdus, edus }
  }

  function inFlight(destination: ServerName): OutboxTransaction | undefined {
    const row = db.get('SELECT * FROM outbox_in_flight WHERE destination = ?', destination)
    if (row === undefined) return undefined
    const txnId = String(row['txn_id'])
    return {
      destination,
      txnId,
      originServerTs: Number(row['origin_server_ts']),
      ...contents(destination, txnId),
    }
  }

  function mark(
    table: 'outbox_pdus' | 'outbox_edus',
    destination: ServerName,
    txnId: string,
    max: number,
  ): number {
    if (max <= 0) return 0
    return db.run(
      `UPDATE ${table} SET txn_id = ? WHERE seq IN
         (SELECT seq FROM ${table} WHERE destination = ? AND txn_id IS NULL ORDER BY seq LIMIT ?)`,
      txnId,
      destination,
      max,
    ).changes
  }

  function forget(destination: ServerName, txnId: string): void {
    db.run('DELETE FROM outbox_in_flight WHERE destination = ? AND txn_id = ?', destination, txnId)
  }

  function count(table: 'outbox_pdus' | 'outbox_edus', destination: ServerName): number {
    return Number(db.get(`SELECT count(*) AS n FROM ${table} WHERE destination = ?`, destination)?.['n'] ?? 0)
  }

  // What is in flight, and what arrived, is repeated harmlessly after a power cut: the other side knows
  // the events. So no message waits for the disk here.
  return {
    transaction: (fn) => db.transaction(fn, 'crash'),
    inFlight,

    destinations() {
      const queued = db
        .all('SELECT destination FROM outbox_pdus UNION SELECT destination FROM outbox_edus')
        .map((row) => String(row['destination']) as ServerName)
      return [...new Set([...queued, ...skipped.destinations(true)])]
    },

    begin(destination, txnId, originServerTs, maxItems, ephemeral, mode = 'heads') {
      return db.within(() => {
        const most = Math.min(MAX_PDUS, maxItems)
        const owesAll = mode === 'all'
        const owesNews = !owesAll && skipped.isPending(destination)
        let first = 0
        if (owesAll) first = skipped.queueAll(destination, txnId, most, own)
        // News first: what a room's latest events are matters more than how it got there.
        else if (owesNews) first = skipped.queueHeads(destination, txnId, most, own, heads)
        const taken = first + mark('outbox_pdus', destination, txnId, most - first)
        const mostEdus = Math.min(MAX_EDUS, maxItems - taken)
        const edus = mark('outbox_edus', destination, txnId, mostEdus)
        if (taken + edus === 0) return undefined
        db.run(
          'INSERT INTO outbox_in_flight (destination, txn_id, origin_server_ts) VALUES (?, ?, ?)',
          destination,
          txnId,
          originServerTs,
        )
        const content = contents(destination, txnId)
        return {
          destination,
          txnId,
          originServerTs,
          pdus: content.pdus,
          // They go along once: in a repetition they would be out of date.
          edus: [...content.edus, ...ephemeral.slice(0, MAX_EDUS - edus)],
          isLast: !owesAll && !owesNews && taken < most && edus < mostEdus,
        }
      }, 'crash')
    },

    acknowledge(destination, txnId, outcome) {
      db.within(() => {
        for (const eventId of outcome?.eventIds ?? []) {
          const error = outcome?.errors.get(eventId)
          const state = error === undefined ? 'delivered' : 'refused'
          outcomes.put(eventId, { destination, state, ts: outcome?.ts, error })
        }
        db.run('DELETE FROM outbox_pdus WHERE destination = ? AND txn_id = ?', destination, txnId)
        db.run('DELETE FROM outbox_edus WHERE destination = ? AND txn_id = ?', destination, txnId)
        forget(destination, txnId)
      }, 'crash')
    },

    release(destination, txnId) {
      db.transaction(() => {
        db.run(
          'UPDATE outbox_pdus SET txn_id = NULL WHERE destination = ? AND txn_id = ?',
          destination,
          txnId,
        )
        db.run(
          'UPDATE outbox_edus SET txn_id = NULL WHERE destination = ? AND txn_id = ?',
          destination,
          txnId,
        )
        forget(destination, txnId)
      }, 'crash')
    },

    refuse(destination, txnId, reason, ts) {
      db.transaction(() => {
        db.run(
          `INSERT INTO outbox_refused (destination, event_id, reason, ts)
             SELECT destination, event_id, ?, ? FROM outbox_pdus WHERE destination = ? AND txn_id = ?`,
          reason,
          ts,
          destination,
          txnId,
        )
        db.run(
          `INSERT INTO outbox_refused (destination, edu, reason, ts)
             SELECT destination, edu, ?, ? FROM outbox_edus WHERE destination = ? AND txn_id = ?`,
          reason,
          ts,
          destination,
          txnId,
        )
        for (const row of db.all(
          'SELECT event_id FROM outbox_pdus WHERE destination = ? AND txn_id = ?',
          destination,
          txnId,
        )) {
          const eventId = String(row['event_id']) as EventId
          outcomes.put(eventId, { destination, state: 'failed', ts, error: reason })
        }
        this.acknowledge(destination, txnId)
      })
    },

    deliveries(eventId) {
      const found = new Map<ServerName, DeliveryState>()
      for (const destination of skipped.owed(eventId)) {
        found.set(destination, { destination, state: 'waiting', ts: undefined, error: undefined })
      }
      for (const row of db.all('SELECT destination FROM outbox_pdus WHERE event_id = ?', eventId)) {
        const destination = String(row['destination']) as ServerName
        found.set(destination, { destination, state: 'waiting', ts: undefined, error: undefined })
      }
      for (const delivery of outcomes.of(eventId)) found.set(delivery.destination, delivery)
      return [...found.values()]
    },

    refused(destination) {
      return db
        .all(
          'SELECT event_id, reason, ts FROM outbox_refused WHERE destination = ? ORDER BY seq',
          destination,
        )
        .map((row) => ({
          eventId: row['event_id'] === null ? undefined : (String(row['event_id']) as EventId),
          reason: String(row['reason']),
          ts: Number(row['ts']),
        }))
    },

    backoff(destination) {
      const row = db.get('SELECT * FROM outbox_destinations WHERE destination = ?', destination)
      if (row === undefined) return undefined
      return {
        failures: Number(row['failures']),
        retryAt: Number(row['retry_at']),
        lastError: row['last_error'] === null ? undefined : String(row['last_error']),
        since: row['failing_since'] === null ? undefined : Number(row['failing_since']),
      }
    },

    setBackoff(destination, record) {
      db.transaction(() => {
        if (record === undefined) {
          db.run('DELETE FROM outbox_destinations WHERE destination = ?', destination)
          return
        }
        db.run(
          `INSERT INTO outbox_destinations (destination, failures, retry_at, last_error, failing_since)
             VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (destination) DO UPDATE
             SET failures = excluded.failures, retry_at = excluded.retry_at, last_error = excluded.last_error,
                 failing_since = excluded.failing_since`,
          destination,
          record.failures,
          record.retryAt,
          record.lastError ?? null,
          record.since ?? null,
        )
        if (record.failures > 0) skipped.foldLong(destination)
      })
    },

    queuedFor(destination) {
      return {
        pdus: count('outbox_pdus', destination) + skipped.count(destination, own),
        edus: count('outbox_edus', destination),
      }
    },

    fetched(destination, roomId, eventIds, ts) {
      const [range] = skipped.of(destination, roomId)
      if (range === undefined) return false
      db.transaction(() => {
        for (const eventId of eventIds) {
          if (skipped.owed(eventId).includes(destination))
            outcomes.put(eventId, { destination, state: 'delivered', ts, error: undefined })
        }
        skipped.shrink(range, own, (id) => outcomes.has(id, destination))
      }, 'crash')
      return true
    },

    toldOf(destination) {
      return skipped
        .of(destination)
        .filter(({ pending }) => !pending)
        .flatMap((range) => {
          const [oldest] = skipped.eventsOf(range, own, 'ASC', 1)
          return oldest === undefined ? [] : [{ roomId: range.roomId, oldest: oldest.eventId }]
        })
    },

    toldDestinations: () => skipped.destinations(false),

    hasAll(destination, roomId, ts) {
      const [range] = skipped.of(destination, roomId)
      if (range === undefined || range.pending) return
      db.transaction(() => {
        for (const { eventId } of skipped.eventsOf(range, own, 'DESC', MOST_AT_ONCE))
          outcomes.put(eventId, { destination, state: 'delivered', ts, error: undefined })
        skipped.drop(destination, roomId)
      }, 'crash')
    },
  }
}
