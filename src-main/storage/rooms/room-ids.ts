import type { RoomId } from '../../core/types.ts'
import type { Database } from '../database.ts'

/** The small numbers that stand for room ids in the tables. */
export class RoomIds {
  private readonly db: Database
  private readonly nids = new Map<RoomId, number>()
  private readonly ids = new Map<number, RoomId>()

  constructor(db: Database) {
    this.db = db
  }

  dropCaches(): void {
    this.nids.clear()
    this.ids.clear()
  }

  /** 0 for a room that was never mentioned; no row has that number. */
  find(roomId: RoomId): number {
    const cached = this.nids.get(roomId)
    if (cached !== undefined) return cached
    const row = this.db.get('SELECT nid FROM room_ids WHERE room_id = ?', roomId)
    return row === undefined ? 0 : this.remember(roomId, Number(row['nid']))
  }

  intern(roomId: RoomId): number {
    const known = this.find(roomId)
    if (known !== 0) return known
    return this.remember(
      roomId,
      this.db.run('INSERT INTO room_ids (room_id) VALUES (?)', roomId).lastInsertRowid,
    )
  }

  idOf(nid: number): RoomId {
    const cached = this.ids.get(nid)
    if (cached !== undefined) return cached
    const row = this.db.get('SELECT room_id FROM room_ids WHERE nid = ?', nid)
    if (row === undefined) throw new Error(`There is no room with the number ${nid}`)
    const roomId = String(row['room_id']) as RoomId
    this.remember(roomId, nid)
    return roomId
  }

  private remember(roomId: RoomId, nid: number): number {
    this.nids.set(roomId, nid)
    this.ids.set(nid, roomId)
    return nid
  }
}
