import type { EventId, RoomId } from '../../core/types.ts'
import type { NewRefusal } from '../../rooms/refusals/ports.ts'
import type { Database } from '../database.ts'

/** Strangers decide how many there are. */
const MOST = 5_000
const MOST_OF_ONE_SERVER = 500
/** The oldest go when so many more have come. */
const SLACK = 64
const LONGEST_JSON = 8 * 1024
const LONGEST_TEXT = 500

/** A trace of events that were refused: see `RefusalStore`. */
export class Refusals {
  private readonly db: Database
  private sinceMadeRoom = 0

  constructor(db: Database) {
    this.db = db
  }

  put(refusal: NewRefusal): void {
    if (refusal.eventId === undefined && this.repeats(refusal)) return
    const json = refusal.json === undefined ? undefined : JSON.stringify(refusal.json)
    this.db.run(
      `INSERT INTO refusals (ts, first_ts, outcome, cause, reason, rule, looked_at, event_id, room_id, sender,
         type, origin, json) VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
       ON CONFLICT (event_id, outcome) WHERE event_id IS NOT NULL DO UPDATE SET ts = excluded.ts,
         count = count + 1, cause = excluded.cause, reason = excluded.reason, rule = excluded.rule,
         looked_at = excluded.looked_at`,
      refusal.ts,
      refusal.outcome,
      refusal.cause,
      refusal.reason.slice(0, LONGEST_TEXT),
      refusal.rule ?? null,
      JSON.stringify(refusal.lookedAt ?? []),
      refusal.eventId ?? null,
      refusal.roomId ?? null,
      refusal.sender?.slice(0, LONGEST_TEXT) ?? null,
      refusal.type?.slice(0, LONGEST_TEXT) ?? null,
      refusal.origin ?? null,
      json === undefined || json.length > LONGEST_JSON ? null : json,
    )
    if (++this.sinceMadeRoom < SLACK) return
    this.sinceMadeRoom = 0
    this.makeRoom()
  }

  /** What has no id is counted with others of its kind. */
  private repeats({ ts, reason, origin, roomId, cause }: NewRefusal): boolean {
    const { changes } = this.db.run(
      `UPDATE refusals SET ts = ?, count = count + 1, reason = ? WHERE id = (
         SELECT id FROM refusals WHERE origin IS ? AND room_id IS ? AND cause = ? AND event_id IS NULL LIMIT 1)`,
      ts,
      reason.slice(0, LONGEST_TEXT),
      origin ?? null,
      roomId ?? null,
      cause,
    )
    return changes > 0
  }

  /** Somebody deleted the event: what it said is not to be read here either. */
  forgetContent(eventId: EventId): void {
    this.db.run('UPDATE refusals SET json = NULL WHERE event_id = ?', eventId)
  }

  forgetRoom(roomId: RoomId): void {
    this.db.run('DELETE FROM refusals WHERE room_id = ?', roomId)
  }

  /** No server can push out what is known of the others until it has been everybody's turn. */
  private makeRoom(): void {
    this.db.run(
      `DELETE FROM refusals WHERE id IN (
         SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY origin ORDER BY id DESC) AS n FROM refusals)
         WHERE n > ?)`,
      MOST_OF_ONE_SERVER,
    )
    this.db.run(
      'DELETE FROM refusals WHERE id <= (SELECT id FROM refusals ORDER BY id DESC LIMIT 1 OFFSET ?)',
      MOST,
    )
  }
}
