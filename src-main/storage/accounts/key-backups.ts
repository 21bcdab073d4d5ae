import type { JsonObject, RoomId } from '../../core/types.ts'
import type { BackedUpKey, KeyBackup, KeyBackups } from '../../client-api/ports.ts'
import type { Row } from '../database.ts'
import { object, text, type StoreContext } from './parts.ts'

/** Keys of encrypted conversations, as the clients encrypted them; the server can read none. */
export function createKeyBackups({ db }: StoreContext): KeyBackups {
  const sessions = 'FROM key_backup_sessions WHERE user_id = ? AND version = ?'

  return {
    createKeyBackup: (userId, algorithm, authData) =>
      db.transaction(() => {
        const last = db.get('SELECT max(version) AS n FROM key_backups WHERE user_id = ?', userId)?.['n']
        const version = Number(last ?? 0) + 1
        db.run(
          'INSERT INTO key_backups (user_id, version, algorithm, auth_data) VALUES (?, ?, ?, ?)',
          userId,
          version,
          algorithm,
          JSON.stringify(authData),
        )
        return version
      }),
    keyBackup(userId, version) {
      const row =
        version === undefined
          ? db.get(
              'SELECT * FROM key_backups WHERE user_id = ? AND deleted = 0 ORDER BY version DESC LIMIT 1',
              userId,
            )
          : db.get('SELECT * FROM key_backups WHERE user_id = ? AND version = ?', userId, version)
      if (row === undefined) return undefined
      const id = Number(row['version'])
      const count = Number(db.get(`SELECT count(*) AS n ${sessions}`, userId, id)?.['n'])
      return backupOf(row, count)
    },
    updateKeyBackup(userId, version, authData) {
      db.run(
        'UPDATE key_backups SET auth_data = ? WHERE user_id = ? AND version = ?',
        JSON.stringify(authData),
        userId,
        version,
      )
    },
    deleteKeyBackup(userId, version) {
      db.transaction(() => {
        db.run(`DELETE ${sessions}`, userId, version)
        db.run('UPDATE key_backups SET deleted = 1 WHERE user_id = ? AND version = ?', userId, version)
      })
    },
    backedUpKeys: (userId, version, roomId, sessionId) =>
      db
        .all(
          `SELECT * FROM key_backup_sessions WHERE user_id = ?1 AND version = ?2
             AND (?3 IS NULL OR room_id = ?3) AND (?4 IS NULL OR session_id = ?4)`,
          userId,
          version,
          roomId ?? null,
          sessionId ?? null,
        )
        .map((row) => ({
          roomId: text(row, 'room_id') as RoomId,
          sessionId: text(row, 'session_id'),
          key: keyOf(row),
        })),
    putBackedUpKey(userId, version, roomId, sessionId, key) {
      db.run(
        `INSERT OR REPLACE INTO key_backup_sessions
           (user_id, version, room_id, session_id, first_message_index, forwarded_count, is_verified, session_data)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        userId,
        version,
        roomId,
        sessionId,
        key.firstMessageIndex,
        key.forwardedCount,
        key.isVerified ? 1 : 0,
        JSON.stringify(key.sessionData),
      )
    },
    deleteBackedUpKeys: (userId, version, roomId, sessionId) =>
      db.run(
        `DELETE FROM key_backup_sessions WHERE user_id = ?1 AND version = ?2
           AND (?3 IS NULL OR room_id = ?3) AND (?4 IS NULL OR session_id = ?4)`,
        userId,
        version,
        roomId ?? null,
        sessionId ?? null,
      ).changes,
    touchKeyBackup(userId, version) {
      db.run('UPDATE key_backups SET etag = etag + 1 WHERE user_id = ? AND version = ?', userId, version)
    },
  }
}

const backupOf = (row: Row, count: number): KeyBackup => ({
  version: Number(row['version']),
  algorithm: text(row, 'algorithm'),
  authData: object(row, 'auth_data'),
  etag: Number(row['etag']),
  deleted: row['deleted'] === 1,
  count,
})

const keyOf = (row: Row): BackedUpKey => ({
  firstMessageIndex: Number(row['first_message_index']),
  forwardedCount: Number(row['forwarded_count']),
  isVerified: row['is_verified'] === 1,
  sessionData: JSON.parse(text(row, 'session_data')) as JsonObject,
})
