import type { EventId, ServerName } from '../core/types.ts'
import type { DeliveryState } from '../federation/out/ports.ts'
import type { Database } from './database.ts'

/** Outcomes of deliveries that are remembered, and how many more there may be before the oldest are forgotten. */
const KEPT_OUTCOMES = 100_000
const FORGET_EVERY = 1_000
const MAX_ERROR = 500

const endStates = ['delivered', 'refused', 'failed'] as const

/** How the delivery of each event to each destination ended. */
export class Outcomes {
  private readonly db: Database

  constructor(db: Database) {
    this.db = db
  }

  put(eventId: EventId, delivery: DeliveryState): void {
    const { lastInsertRowid } = this.db.run(
      `INSERT OR REPLACE INTO outbox_outcomes (event_id, destination, status, ts, error) VALUES (?, ?, ?, ?, ?)`,
      eventId,
      delivery.destination,
      endStates.findIndex((state) => state === delivery.state),
      delivery.ts ?? 0,
      delivery.error?.slice(0, MAX_ERROR) ?? null,
    )
    if (lastInsertRowid % FORGET_EVERY === 0)
      this.db.run('DELETE FROM outbox_outcomes WHERE seq <= ?', lastInsertRowid - KEPT_OUTCOMES)
  }

  has(eventId: EventId, destination: ServerName): boolean {
    const row = this.db.get(
      'SELECT 1 FROM outbox_outcomes WHERE event_id = ? AND destination = ?',
      eventId,
      destination,
    )
    return row !== undefined
  }

  of(eventId: EventId): DeliveryState[] {
    return this.db
      .all('SELECT destination, status, ts, error FROM outbox_outcomes WHERE event_id = ?', eventId)
      .map((row) => ({
        destination: String(row['destination']) as ServerName,
        state: endStates[Number(row['status'])] ?? 'delivered',
        ts: Number(row['ts']),
        error: row['error'] === null ? undefined : String(row['error']),
      }))
  }
}
