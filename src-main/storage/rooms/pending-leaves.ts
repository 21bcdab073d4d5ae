import { parseJson } from '../../core/parse-json.ts'
import { isServerName } from '../../core/ids.ts'
import type { RoomId, UserId } from '../../core/types.ts'
import type { PendingLeave } from '../../rooms/leaving/ports.ts'
import type { Database } from '../database.ts'

/** Leaves that other servers have not been told of yet. */
export class PendingLeaves {
  private readonly db: Database

  constructor(db: Database) {
    this.db = db
  }

  list(): PendingLeave[] {
    return this.db.all('SELECT * FROM pending_leaves ORDER BY since_ts').map((row) => {
      const servers = parseJson(String(row['servers']))
      return {
        userId: row['user_id'] as UserId,
        roomId: row['room_id'] as RoomId,
        servers: Array.isArray(servers) ? servers.filter(isServerName) : [],
        reason: (row['reason'] ?? undefined) as string | undefined,
        sinceTs: Number(row['since_ts']),
        notBeforeTs: Number(row['not_before_ts']),
      }
    })
  }

  put(row: PendingLeave): void {
    this.db.run(
      `INSERT OR REPLACE INTO pending_leaves (user_id, room_id, servers, reason, since_ts, not_before_ts)
       VALUES (?, ?, ?, ?, ?, ?)`,
      row.userId,
      row.roomId,
      JSON.stringify(row.servers),
      row.reason ?? null,
      row.sinceTs,
      row.notBeforeTs,
    )
  }

  delete(userId: UserId, roomId: RoomId): void {
    this.db.run('DELETE FROM pending_leaves WHERE user_id = ? AND room_id = ?', userId, roomId)
  }
}
