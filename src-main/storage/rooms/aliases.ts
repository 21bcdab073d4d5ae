import type { RoomAlias, RoomId, UserId } from '../../core/types.ts'
import type { Database } from '../database.ts'
import type { RoomIds } from './room-ids.ts'

/** The aliases of this server (Client-Server API, "Room aliases"). */
export class Aliases {
  private readonly db: Database
  private readonly rooms: RoomIds

  constructor(db: Database, rooms: RoomIds) {
    this.db = db
    this.rooms = rooms
  }

  get(alias: RoomAlias): { roomId: RoomId; creator: UserId } | undefined {
    const row = this.db.get('SELECT room_nid, creator FROM aliases WHERE alias = ?', alias)
    if (row === undefined) return undefined
    return { roomId: this.rooms.idOf(Number(row['room_nid'])), creator: row['creator'] as UserId }
  }

  of(roomId: RoomId): RoomAlias[] {
    return this.db
      .all('SELECT alias FROM aliases WHERE room_nid = ? ORDER BY alias', this.rooms.find(roomId))
      .map((row) => row['alias'] as RoomAlias)
  }

  put(alias: RoomAlias, roomId: RoomId, creator: UserId): void {
    this.db.run(
      'INSERT OR REPLACE INTO aliases (alias, room_nid, creator) VALUES (?, ?, ?)',
      alias,
      this.rooms.intern(roomId),
      creator,
    )
  }

  delete(alias: RoomAlias): void {
    this.db.run('DELETE FROM aliases WHERE alias = ?', alias)
  }
}
