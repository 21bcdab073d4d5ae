import type { EventId, RoomId, UserId } from '../../core/types.ts'
import type { ReceiptRow, StreamPos } from '../../rooms/ports.ts'
import type { Database, Row } from '../database.ts'
import type { RoomIds } from './room-ids.ts'

/** The newest receipt of each user, type and thread (Client-Server API, "Receipts"). */
export class Receipts {
  private readonly db: Database
  private readonly rooms: RoomIds

  constructor(db: Database, rooms: RoomIds) {
    this.db = db
    this.rooms = rooms
  }

  list(roomId: RoomId): ReceiptRow[] {
    return this.db
      .all('SELECT * FROM receipts WHERE room_nid = ? ORDER BY stream_pos', this.rooms.find(roomId))
      .map((row) => toReceipt(roomId, row))
  }

  of(roomId: RoomId, userId: UserId): ReceiptRow[] {
    return this.db
      .all('SELECT * FROM receipts WHERE room_nid = ? AND user_id = ?', this.rooms.find(roomId), userId)
      .map((row) => toReceipt(roomId, row))
  }

  since(roomIds: readonly RoomId[], since: StreamPos, to: StreamPos): ReceiptRow[] {
    // Each /sync asks for all rooms of a user, of which few have news: one look at what is new.
    const rooms = new Map(roomIds.map((roomId) => [this.rooms.find(roomId), roomId]))
    const rows = this.db.all(
      'SELECT * FROM receipts WHERE stream_pos > ? AND stream_pos <= ? ORDER BY stream_pos',
      since,
      to,
    )
    return rows.flatMap((row) => {
      const roomId = rooms.get(Number(row['room_nid']))
      return roomId === undefined ? [] : [toReceipt(roomId, row)]
    })
  }

  put(row: ReceiptRow): void {
    this.db.run(
      `INSERT OR REPLACE INTO receipts (room_nid, user_id, receipt_type, thread_id, event_id, ts, stream_pos)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      this.rooms.intern(row.roomId),
      row.userId,
      row.receiptType,
      row.threadId ?? '',
      row.eventId,
      row.ts,
      row.streamPos,
    )
  }
}

function toReceipt(roomId: RoomId, row: Row): ReceiptRow {
  return {
    roomId,
    userId: row['user_id'] as UserId,
    receiptType: row['receipt_type'] as ReceiptRow['receiptType'],
    eventId: row['event_id'] as EventId,
    threadId: row['thread_id'] === '' ? undefined : String(row['thread_id']),
    ts: Number(row['ts']),
    streamPos: Number(row['stream_pos']),
  }
}
