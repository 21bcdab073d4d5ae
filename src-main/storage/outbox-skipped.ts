import type { EventId, RoomId, ServerName } from '../core/types.ts'
import type { Database, Row } from './database.ts'

/** More than these wait in one room for a destination that is away: they become one row. */
const QUEUED_PER_ROOM = 50
/** Rooms looked at for one transaction. */
const ROOMS_AT_ONCE = 50
/** Events of a stretch that one answer to its destination can be about. */
const LOOKED_AT = 1_000

/** Events of this server in one room that a destination has not been sent one by one. */
export interface Skipped {
  readonly destination: ServerName
  readonly roomId: RoomId
  readonly fromPos: number
  readonly toPos: number
  readonly lastEvent: EventId
  /** The destination was not told of the newest of them yet. */
  readonly pending: boolean
}

/**
 * The latest known events of a room, for this destination; `last` is the newest that it was owed. `all` where it
 * could not ask this server for what lies before them.
 */
export type Heads = (destination: ServerName, roomId: RoomId, last: EventId) => readonly EventId[] | 'all'

/**
 * The short form of a long queue (`outbox_skipped`): its size is bounded by the rooms that a destination
 * shares with this server, not by what is said in them while it is away.
 */
export class SkippedEvents {
  private readonly db: Database

  constructor(db: Database) {
    this.db = db
  }

  /** True when the event needs no row of its own: it lies in what the destination is owed anyway. */
  add(destination: ServerName, roomId: RoomId, eventId: EventId): boolean {
    const row = this.db.get(
      'SELECT pending FROM outbox_skipped WHERE destination = ? AND room_id = ?',
      destination,
      roomId,
    )
    if (Number(row?.['pending'] ?? 0) === 0) {
      if (!this.isAway(destination) || this.waitingIn(destination, roomId) < QUEUED_PER_ROOM) return false
      this.fold(destination, roomId)
    }
    this.extend(destination, roomId, this.posOf(eventId), eventId)
    return true
  }

  /** The destination turned out to be away: what is already many becomes one row a room. */
  foldLong(destination: ServerName): void {
    const rooms = this.db.all(
      `SELECT room_id FROM outbox_pdus WHERE destination = ? AND txn_id IS NULL
         AND room_id NOT IN (SELECT room_id FROM removals)
       GROUP BY room_id HAVING count(*) > ?`,
      destination,
      QUEUED_PER_ROOM,
    )
    for (const row of rooms) this.fold(destination, row['room_id'] as RoomId)
  }

  /** What is not in flight goes; the row that stands for it comes. */
  private fold(destination: ServerName, roomId: RoomId): void {
    const [first] = this.db.all(
      `SELECT event_id FROM outbox_pdus WHERE destination = ? AND room_id = ? AND txn_id IS NULL ORDER BY seq LIMIT 1`,
      destination,
      roomId,
    )
    const [last] = this.db.all(
      `SELECT event_id FROM outbox_pdus WHERE destination = ? AND room_id = ? AND txn_id IS NULL ORDER BY seq DESC LIMIT 1`,
      destination,
      roomId,
    )
    if (first === undefined || last === undefined) return
    this.extend(destination, roomId, this.posOf(first['event_id'] as EventId), last['event_id'] as EventId)
    this.extend(destination, roomId, this.posOf(last['event_id'] as EventId), last['event_id'] as EventId)
    this.db.run(
      'DELETE FROM outbox_pdus WHERE destination = ? AND room_id = ? AND txn_id IS NULL',
      destination,
      roomId,
    )
  }

  private extend(destination: ServerName, roomId: RoomId, pos: number, last: EventId): void {
    this.db.run(
      `INSERT INTO outbox_skipped (destination, room_id, from_pos, to_pos, last_event, pending)
         VALUES (?, ?, ?, ?, ?, 1)
       ON CONFLICT (destination, room_id) DO UPDATE
         SET from_pos = min(from_pos, excluded.from_pos), to_pos = max(to_pos, excluded.to_pos),
             last_event = excluded.last_event, pending = 1`,
      destination,
      roomId,
      pos,
      pos,
      last,
    )
  }

  destinations(pending: boolean): ServerName[] {
    return this.db
      .all('SELECT DISTINCT destination FROM outbox_skipped WHERE pending = ?', pending ? 1 : 0)
      .map((row) => row['destination'] as ServerName)
  }

  /** The destination has yet to be told of some room. */
  isPending(destination: ServerName): boolean {
    return (
      this.db.get(
        'SELECT 1 FROM outbox_skipped WHERE destination = ? AND pending = 1 LIMIT 1',
        destination,
      ) !== undefined
    )
  }

  /** Puts the latest events of rooms, those with the newest first, into the queue: `max` at most, under `txnId`. */
  queueHeads(destination: ServerName, txnId: string, max: number, own: ServerName, heads: Heads): number {
    let queued = 0
    const rooms = this.db.all(
      `SELECT * FROM outbox_skipped WHERE destination = ? AND pending = 1 ORDER BY to_pos DESC LIMIT ?`,
      destination,
      Math.min(max, ROOMS_AT_ONCE),
    )
    for (const row of rooms) {
      if (queued >= max) break
      const skipped = skippedIn(row)
      const latest = heads(destination, skipped.roomId, skipped.lastEvent)
      if (latest === 'all') {
        queued += this.queueRoom(skipped, txnId, max - queued, own)
        continue
      }
      if (queued > 0 && queued + latest.length > max) break
      for (const eventId of latest.slice(0, max - queued)) {
        queued += this.queueOne(destination, eventId, skipped.roomId, txnId)
      }
      if (latest.length === 0) this.drop(destination, skipped.roomId)
      else this.told(destination, skipped.roomId)
    }
    return queued
  }

  /**
   * For a destination that cannot ask for what lies before: the next events themselves, oldest first, a room
   * at a time. Answers how many.
   */
  queueAll(destination: ServerName, txnId: string, max: number, own: ServerName): number {
    let queued = 0
    const rooms = this.db.all(
      'SELECT * FROM outbox_skipped WHERE destination = ? ORDER BY to_pos DESC LIMIT ?',
      destination,
      ROOMS_AT_ONCE,
    )
    for (const row of rooms) {
      if (queued >= max) break
      queued += this.queueRoom(skippedIn(row), txnId, max - queued, own)
    }
    return queued
  }

  private queueRoom(skipped: Skipped, txnId: string, max: number, own: ServerName): number {
    const { destination, roomId } = skipped
    const events = this.eventsOf(skipped, own, 'ASC', max)
    let queued = 0
    for (const { eventId } of events) queued += this.queueOne(destination, eventId, roomId, txnId)
    const last = events.at(-1)
    if (last === undefined || last.pos >= skipped.toPos) this.drop(destination, roomId)
    else {
      this.db.run(
        'UPDATE outbox_skipped SET from_pos = ? WHERE destination = ? AND room_id = ?',
        last.pos + 1,
        destination,
        roomId,
      )
    }
    return queued
  }

  private queueOne(destination: ServerName, eventId: EventId, roomId: RoomId, txnId: string): number {
    return this.db.run(
      `INSERT INTO outbox_pdus (destination, event_id, room_id, txn_id) VALUES (?, ?, ?, ?)
         ON CONFLICT (destination, event_id) DO UPDATE SET txn_id = excluded.txn_id WHERE txn_id IS NULL`,
      destination,
      eventId,
      roomId,
      txnId,
    ).changes
  }

  private told(destination: ServerName, roomId: RoomId): void {
    this.db.run(
      'UPDATE outbox_skipped SET pending = 0 WHERE destination = ? AND room_id = ?',
      destination,
      roomId,
    )
  }

  drop(destination: ServerName, roomId: RoomId): void {
    this.db.run('DELETE FROM outbox_skipped WHERE destination = ? AND room_id = ?', destination, roomId)
  }

  of(destination: ServerName, roomId?: RoomId): Skipped[] {
    return this.db
      .all(
        'SELECT * FROM outbox_skipped WHERE destination = ? AND room_id = coalesce(?, room_id)',
        destination,
        roomId ?? null,
      )
      .map(skippedIn)
  }

  /** Destinations that are owed this event and have it in no other form. */
  owed(eventId: EventId): ServerName[] {
    return this.db
      .all(
        `SELECT s.destination FROM outbox_skipped s
           JOIN room_ids r ON r.room_id = s.room_id
           JOIN events e ON e.room_nid = r.nid
         WHERE e.event_id = ? AND e.stream_pos BETWEEN s.from_pos AND s.to_pos`,
        eventId,
      )
      .map((row) => row['destination'] as ServerName)
  }

  /** How many events the destination has yet to be told of. */
  count(destination: ServerName, own: ServerName): number {
    const row = this.db.get(
      `SELECT count(*) AS n FROM outbox_skipped s
         JOIN room_ids r ON r.room_id = s.room_id
         JOIN events e ON e.room_nid = r.nid AND e.stream_pos BETWEEN s.from_pos AND s.to_pos
       WHERE s.destination = ? AND s.pending = 1 AND e.sender LIKE ?`,
      destination,
      `%:${own}`,
    )
    return Number(row?.['n'] ?? 0)
  }

  /** This server's events in it. */
  eventsOf(
    skipped: Skipped,
    own: ServerName,
    order: 'ASC' | 'DESC',
    limit: number,
  ): { eventId: EventId; pos: number }[] {
    return this.db
      .all(
        `SELECT e.event_id, e.stream_pos FROM events e JOIN room_ids r ON r.nid = e.room_nid
         WHERE r.room_id = ? AND e.stream_pos BETWEEN ? AND ? AND e.sender LIKE ?
         ORDER BY e.stream_pos ${order} LIMIT ?`,
        skipped.roomId,
        skipped.fromPos,
        skipped.toPos,
        `%:${own}`,
        limit,
      )
      .map((row) => ({ eventId: row['event_id'] as EventId, pos: Number(row['stream_pos']) }))
  }

  /** Takes off, from the newest down, what the destination is known to have. */
  shrink(skipped: Skipped, own: ServerName, has: (id: EventId) => boolean): void {
    const newest = this.eventsOf(skipped, own, 'DESC', LOOKED_AT)
    const left = newest.find(({ eventId }) => !has(eventId))
    const toPos = left?.pos ?? (newest.length < LOOKED_AT ? undefined : newest.at(-1)?.pos)
    if (toPos === undefined) this.drop(skipped.destination, skipped.roomId)
    else {
      this.db.run(
        'UPDATE outbox_skipped SET to_pos = ? WHERE destination = ? AND room_id = ? AND pending = 0',
        toPos,
        skipped.destination,
        skipped.roomId,
      )
    }
  }

  private waitingIn(destination: ServerName, roomId: RoomId): number {
    const row = this.db.get(
      'SELECT count(*) AS n FROM outbox_pdus WHERE destination = ? AND room_id = ? AND txn_id IS NULL',
      destination,
      roomId,
    )
    return Number(row?.['n'] ?? 0)
  }

  /** It did not answer when last asked: a queue that is long because much is said at once is sent as it is. */
  private isAway(destination: ServerName): boolean {
    return (
      this.db.get('SELECT 1 FROM outbox_destinations WHERE destination = ? AND failures > 0', destination) !==
      undefined
    )
  }

  /** Events that clients are not shown (a redaction of nothing) have no position of their own. */
  private posOf(eventId: EventId): number {
    const row = this.db.get(
      `SELECT coalesce((SELECT stream_pos FROM events WHERE event_id = ?), (SELECT pos FROM stream_counter)) AS pos`,
      eventId,
    )
    return Number(row?.['pos'] ?? 0)
  }
}

function skippedIn(row: Row): Skipped {
  return {
    destination: row['destination'] as ServerName,
    roomId: row['room_id'] as RoomId,
    fromPos: Number(row['from_pos']),
    toPos: Number(row['to_pos']),
    lastEvent: row['last_event'] as EventId,
    pending: row['pending'] === 1,
  }
}
