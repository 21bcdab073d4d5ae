import { parseJson } from '../../core/parse-json.ts'
import type { EventId, JsonObject, RoomId, ServerName, UserId } from '../../core/types.ts'
import type { LocalMembership, Membership, StreamPos } from '../../rooms/ports.ts'
import type { Database, Row } from '../database.ts'
import type { RoomIds } from './room-ids.ts'

/** The newest membership of each local user in each room, as `/sync` needs it. */
export class LocalMemberships {
  private readonly db: Database
  private readonly rooms: RoomIds

  constructor(db: Database, rooms: RoomIds) {
    this.db = db
    this.rooms = rooms
  }

  get(userId: UserId, roomId: RoomId): LocalMembership | undefined {
    const row = this.db.get(
      'SELECT * FROM local_memberships WHERE user_id = ? AND room_nid = ?',
      userId,
      this.rooms.find(roomId),
    )
    return row === undefined ? undefined : this.toMembership(row)
  }

  list(userId: UserId): LocalMembership[] {
    return this.db
      .all('SELECT * FROM local_memberships WHERE user_id = ? ORDER BY stream_pos', userId)
      .map((row) => this.toMembership(row))
  }

  invitesFrom(userId: UserId, server: ServerName): number {
    const suffix = `:${server}`
    const row = this.db.get(
      `SELECT count(*) AS count FROM local_memberships
       WHERE user_id = ? AND membership = 'invite' AND substr(sender, -length(?)) = ?`,
      userId,
      suffix,
      suffix,
    )
    return Number(row?.['count'])
  }

  since(userId: UserId, since: StreamPos): LocalMembership[] {
    return this.db
      .all(
        'SELECT * FROM local_memberships WHERE user_id = ? AND stream_pos > ? ORDER BY stream_pos',
        userId,
        since,
      )
      .map((row) => this.toMembership(row))
  }

  put(row: LocalMembership): void {
    this.db.run(
      `INSERT OR REPLACE INTO local_memberships
         (user_id, room_nid, membership, event_id, sender, stream_pos, stripped_state, forgotten)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      row.userId,
      this.rooms.intern(row.roomId),
      row.membership,
      row.eventId,
      row.sender,
      row.streamPos,
      JSON.stringify(row.strippedState),
      Number(row.forgotten),
    )
  }

  forget(userId: UserId, roomId: RoomId): void {
    this.db.run(
      'UPDATE local_memberships SET forgotten = 1 WHERE user_id = ? AND room_nid = ?',
      userId,
      this.rooms.find(roomId),
    )
  }

  private toMembership(row: Row): LocalMembership {
    return {
      userId: row['user_id'] as UserId,
      roomId: this.rooms.idOf(Number(row['room_nid'])),
      membership: row['membership'] as Membership,
      eventId: row['event_id'] as EventId,
      sender: row['sender'] as UserId,
      streamPos: Number(row['stream_pos']),
      strippedState: parseJson(String(row['stripped_state'])) as JsonObject[],
      forgotten: row['forgotten'] === 1,
    }
  }
}
