import type { EventId, RoomId, ServerName } from '../core/types.ts'
import type { Database, Row } from './database.ts'
import { SkippedEvents } from './outbox-skipped.ts'

/** An event that waits, without its content. */
export interface WaitingEvent {
  readonly eventId: EventId
  readonly roomId: RoomId
  /** Undefined where the event is gone from the store. */
  readonly type: string | undefined
  readonly stateKey: string | undefined
  readonly sender: string | undefined
  readonly originServerTs: number | undefined
  readonly bytes: number
}

export interface WaitingRoom {
  readonly roomId: RoomId
  readonly events: number
  readonly oldestTs: number | undefined
  readonly bytes: number
  /** One by one; only that there is news, as there is much; told of the newest, and fetching the rest. */
  readonly kind: 'queued' | 'skipped' | 'told'
}

export interface QueueLook {
  readonly rooms: readonly WaitingRoom[]
  readonly edus: readonly { type: string; count: number; bytes: number }[]
  /** In the order in which they go. */
  readonly first: readonly WaitingEvent[]
  /** There is more than was looked at: counts of rooms, bytes and times are of the first. */
  readonly isPartial: boolean
}

/** What the other server did not take, and why. */
export interface NotTaken {
  /** Undefined for an EDU. */
  readonly eventId: EventId | undefined
  readonly roomId: RoomId | undefined
  readonly ts: number
  readonly reason: string | undefined
  /** It said so of the event; or it took no transaction with it, so that it was given up. */
  readonly kind: 'refused' | 'given up'
}

export interface OutboxLook {
  queue(destination: ServerName): QueueLook
  /** The newest first. */
  notTaken(destination: ServerName): NotTaken[]
  /** How much was not taken, by destination. */
  notTakenCounts(): { destination: ServerName; count: number }[]
  /** Size and age of all that waits for a destination, of its first so many. */
  size(destination: ServerName): { bytes: number; oldestTs: number | undefined }
}

/** Looked at of a queue, whatever its length: somebody watches, and asks again every other second. */
const LOOKED_AT = 2_000
const ROOMS_SHOWN = 50
const EVENTS_SHOWN = 25
const NOT_TAKEN_SHOWN = 50

/** Reads the queues for people; what sends them does not use it. */
export function createOutboxLook(db: Database, own: ServerName): OutboxLook {
  const skipped = new SkippedEvents(db)

  function queuedRooms(destination: ServerName): WaitingRoom[] {
    return db
      .all(
        `SELECT p.room_id, count(*) AS n, min(e.origin_server_ts) AS oldest, coalesce(sum(length(e.json)), 0) AS bytes
           FROM (SELECT seq, room_id, event_id FROM outbox_pdus WHERE destination = ? ORDER BY seq LIMIT ?) p
           LEFT JOIN events e ON e.event_id = p.event_id
         GROUP BY p.room_id ORDER BY min(p.seq) LIMIT ?`,
        destination,
        LOOKED_AT,
        ROOMS_SHOWN,
      )
      .map((row) => ({
        roomId: row['room_id'] as RoomId,
        events: Number(row['n']),
        oldestTs: numberIn(row, 'oldest'),
        bytes: Number(row['bytes']),
        kind: 'queued',
      }))
  }

  function skippedRooms(destination: ServerName): WaitingRoom[] {
    return skipped
      .of(destination)
      .slice(0, ROOMS_SHOWN)
      .map((range) => {
        const row = db.get(
          `SELECT count(*) AS n, min(ts) AS oldest, coalesce(sum(size), 0) AS bytes FROM (
             SELECT e.origin_server_ts AS ts, length(e.json) AS size
               FROM events e JOIN room_ids r ON r.nid = e.room_nid
             WHERE r.room_id = ? AND e.stream_pos BETWEEN ? AND ? AND e.sender LIKE ?
             ORDER BY e.stream_pos LIMIT ?)`,
          range.roomId,
          range.fromPos,
          range.toPos,
          `%:${own}`,
          LOOKED_AT,
        )
        return {
          roomId: range.roomId,
          events: Number(row?.['n'] ?? 0),
          oldestTs: row === undefined ? undefined : numberIn(row, 'oldest'),
          bytes: Number(row?.['bytes'] ?? 0),
          kind: range.pending ? 'skipped' : 'told',
        }
      })
  }

  function edusFor(destination: ServerName): { type: string; count: number; bytes: number }[] {
    return db
      .all(
        `SELECT json_extract(edu, '$.edu_type') AS type, count(*) AS n, sum(length(edu)) AS bytes
           FROM (SELECT edu FROM outbox_edus WHERE destination = ? ORDER BY seq LIMIT ?) GROUP BY 1 ORDER BY n DESC`,
        destination,
        LOOKED_AT,
      )
      .map((row) => ({
        type: typeof row['type'] === 'string' ? row['type'] : 'unknown',
        count: Number(row['n']),
        bytes: Number(row['bytes']),
      }))
  }

  return {
    queue(destination) {
      const queued = queuedRooms(destination)
      const others = skippedRooms(destination)
      const first = db
        .all(
          `SELECT p.event_id, p.room_id, e.type, e.state_key, e.sender, e.origin_server_ts, length(e.json) AS bytes
             FROM outbox_pdus p LEFT JOIN events e ON e.event_id = p.event_id
           WHERE p.destination = ? ORDER BY p.seq LIMIT ?`,
          destination,
          EVENTS_SHOWN,
        )
        .map((row) => ({
          eventId: row['event_id'] as EventId,
          roomId: row['room_id'] as RoomId,
          type: textIn(row, 'type'),
          stateKey: textIn(row, 'state_key'),
          sender: textIn(row, 'sender'),
          originServerTs: numberIn(row, 'origin_server_ts'),
          bytes: Number(row['bytes'] ?? 0),
        }))
      return {
        rooms: [...queued, ...others],
        edus: edusFor(destination),
        first,
        isPartial:
          queued.reduce((sum, room) => sum + room.events, 0) >= LOOKED_AT ||
          others.some((room) => room.events >= LOOKED_AT) ||
          queued.length >= ROOMS_SHOWN ||
          others.length >= ROOMS_SHOWN,
      }
    },

    size(destination) {
      const rooms = [...queuedRooms(destination), ...skippedRooms(destination)].filter(
        (room) => room.kind !== 'told',
      )
      const edus = edusFor(destination)
      const times = rooms.flatMap((room) => room.oldestTs ?? [])
      return {
        bytes: [...rooms, ...edus].reduce((sum, { bytes }) => sum + bytes, 0),
        oldestTs: times.length === 0 ? undefined : Math.min(...times),
      }
    },

    notTaken(destination) {
      const refused = db
        .all(
          `SELECT o.event_id, o.ts, o.error, o.status, r.room_id FROM outbox_outcomes o
             LEFT JOIN events e ON e.event_id = o.event_id LEFT JOIN room_ids r ON r.nid = e.room_nid
           WHERE o.destination = ? AND o.status > 0 ORDER BY o.seq DESC LIMIT ?`,
          destination,
          NOT_TAKEN_SHOWN,
        )
        .map((row): NotTaken => ({
          eventId: row['event_id'] as EventId,
          roomId: (textIn(row, 'room_id') as RoomId | undefined) ?? undefined,
          ts: Number(row['ts']),
          reason: textIn(row, 'error'),
          kind: Number(row['status']) === 1 ? 'refused' : 'given up',
        }))
      const edus = db
        .all(
          `SELECT reason, ts FROM outbox_refused WHERE destination = ? AND event_id IS NULL ORDER BY seq DESC LIMIT ?`,
          destination,
          NOT_TAKEN_SHOWN,
        )
        .map((row): NotTaken => ({
          eventId: undefined,
          roomId: undefined,
          ts: Number(row['ts']),
          reason: textIn(row, 'reason'),
          kind: 'given up',
        }))
      return [...refused, ...edus].toSorted((a, b) => b.ts - a.ts).slice(0, NOT_TAKEN_SHOWN)
    },

    notTakenCounts: () =>
      db
        .all(
          `SELECT destination, sum(n) AS n FROM (
             SELECT destination, count(*) AS n FROM outbox_outcomes WHERE status > 0 GROUP BY destination
             UNION ALL
             SELECT destination, count(*) AS n FROM outbox_refused WHERE event_id IS NULL GROUP BY destination)
           GROUP BY destination`,
        )
        .map((row) => ({ destination: row['destination'] as ServerName, count: Number(row['n']) })),
  }
}

function textIn(row: Row, name: string): string | undefined {
  const value = row[name]
  return typeof value === 'string' ? value : undefined
}

function numberIn(row: Row, name: string): number | undefined {
  const value = row[name]
  return value === null || value === undefined ? undefined : Number(value)
}
