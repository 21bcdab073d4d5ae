import type { RoomId, RoomVersionId } from '../../core/types.ts'
import type { RoomRecord, StateGroupId } from '../../rooms/ports.ts'
import type { Database, Row } from '../database.ts'
import type { RoomIds } from './room-ids.ts'

/** The rows of rooms that this server is in, was in, or is invited to. */
export class RoomRecords {
  private readonly db: Database
  private readonly rooms: RoomIds
  private readonly cache = new Map<RoomId, RoomRecord>()

  constructor(db: Database, rooms: RoomIds) {
    this.db = db
    this.rooms = rooms
  }

  dropCaches(): void {
    this.cache.clear()
  }

  get(roomId: RoomId): RoomRecord | undefined {
    const cached = this.cache.get(roomId)
    if (cached !== undefined) return cached
    const row = this.db.get('SELECT * FROM rooms WHERE room_nid = ?', this.rooms.find(roomId))
    return row === undefined ? undefined : this.remember(this.toRecord(row))
  }

  list(): RoomRecord[] {
    return this.db.all('SELECT * FROM rooms ORDER BY room_nid').map((row) => this.toRecord(row))
  }

  /** The current state is set apart, as its members must be written with it. A known room keeps its own. */
  insert(room: RoomRecord): void {
    this.db.run(
      `INSERT INTO rooms (room_nid, version, current_state, participating) VALUES (?, ?, 0, ?)
       ON CONFLICT (room_nid) DO UPDATE SET version = excluded.version, participating = excluded.participating`,
      this.rooms.intern(room.roomId),
      room.version,
      Number(room.participating),
    )
    this.cache.delete(room.roomId)
  }

  setParticipating(roomId: RoomId, participating: boolean): void {
    this.update(roomId, 'UPDATE rooms SET participating = ? WHERE room_nid = ?', Number(participating))
  }

  setCurrentState(roomId: RoomId, group: StateGroupId): void {
    this.update(roomId, 'UPDATE rooms SET current_state = ? WHERE room_nid = ?', group)
  }

  setPublic(roomId: RoomId, isPublic: boolean): void {
    this.update(roomId, 'UPDATE rooms SET is_public = ? WHERE room_nid = ?', Number(isPublic))
  }

  isPublic(roomId: RoomId): boolean {
    const row = this.db.get('SELECT is_public FROM rooms WHERE room_nid = ?', this.rooms.find(roomId))
    return row?.['is_public'] === 1
  }

  publicRooms(): RoomId[] {
    return this.db
      .all('SELECT room_nid FROM rooms WHERE is_public = 1 ORDER BY room_nid')
      .map((row) => this.rooms.idOf(Number(row['room_nid'])))
  }

  private update(roomId: RoomId, sql: string, value: number): void {
    const { changes } = this.db.run(sql, value, this.rooms.find(roomId))
    if (changes === 0) throw new Error(`There is no room ${roomId}`)
    this.cache.delete(roomId)
  }

  private remember(record: RoomRecord): RoomRecord {
    this.cache.set(record.roomId, record)
    return record
  }

  private toRecord(row: Row): RoomRecord {
    return {
      roomId: this.rooms.idOf(Number(row['room_nid'])),
      version: row['version'] as RoomVersionId,
      currentState: Number(row['current_state']),
      participating: row['participating'] === 1,
    }
  }
}
