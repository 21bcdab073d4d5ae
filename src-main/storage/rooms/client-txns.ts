import type { EventId, RoomId, UserId } from '../../core/types.ts'
import type { ClientTxn } from '../../rooms/ports.ts'
import type { Database } from '../database.ts'
import type { RoomIds } from './room-ids.ts'

/** Which event a client's transaction id made (Client-Server API, "Transaction identifiers"). */
export class ClientTxns {
  private readonly db: Database
  private readonly rooms: RoomIds

  constructor(db: Database, rooms: RoomIds) {
    this.db = db
    this.rooms = rooms
  }

  get(txn: ClientTxn, roomId: RoomId): EventId | undefined {
    const row = this.db.get(
      'SELECT event_id FROM client_txns WHERE user_id = ? AND device_id = ? AND room_nid = ? AND txn_id = ?',
      txn.userId,
      txn.deviceId,
      this.rooms.find(roomId),
      txn.txnId,
    )
    return row?.['event_id'] as EventId | undefined
  }

  of(userId: UserId, deviceId: string, ids: readonly EventId[]): Map<EventId, string> {
    const found = new Map<EventId, string>()
    for (const id of ids) {
      const row = this.db.get(
        'SELECT txn_id FROM client_txns WHERE event_id = ? AND user_id = ? AND device_id = ?',
        id,
        userId,
        deviceId,
      )
      if (row !== undefined) found.set(id, String(row['txn_id']))
    }
    return found
  }

  put(txn: ClientTxn, roomId: RoomId, eventId: EventId): void {
    this.db.run(
      'INSERT OR REPLACE INTO client_txns (user_id, device_id, room_nid, txn_id, event_id) VALUES (?, ?, ?, ?, ?)',
      txn.userId,
      txn.deviceId,
      this.rooms.intern(roomId),
      txn.txnId,
      eventId,
    )
  }
}
