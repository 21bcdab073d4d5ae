import type { UserId } from '../../core/types.ts'
import type { DeviceRecord, Sessions } from '../../client-api/ports.ts'
import type { Row } from '../database.ts'
import { hashToken, optionalNumber, optionalText, text, type StoreContext } from './parts.ts'

/** Devices, access tokens and login tokens. */
export function createSessions(ctx: StoreContext): Sessions {
  const { db, clock, sessions } = ctx
  return {
    createDevice(userId, deviceId, displayName) {
      db.run(
        `INSERT INTO devices (user_id, device_id, display_name, last_seen_ts) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET display_name = coalesce(excluded.display_name, display_name)`,
        userId,
        deviceId,
        displayName ?? null,
        clock.now(),
      )
    },
    devices: (userId) =>
      db.all('SELECT * FROM devices WHERE user_id = ? ORDER BY device_id', userId).map(deviceOf),
    device(userId, deviceId) {
      const row = db.get('SELECT * FROM devices WHERE user_id = ? AND device_id = ?', userId, deviceId)
      return row === undefined ? undefined : deviceOf(row)
    },
    renameDevice(userId, deviceId, displayName) {
      db.run(
        'UPDATE devices SET display_name = ? WHERE user_id = ? AND device_id = ?',
        displayName ?? null,
        userId,
        deviceId,
      )
    },
    deleteDevice(userId, deviceId) {
      sessions.clear()
      db.run('DELETE FROM devices WHERE user_id = ? AND device_id = ?', userId, deviceId)
      db.run('DELETE FROM to_device_txns WHERE user_id = ? AND device_id = ?', userId, deviceId)
    },
    touchDevice(userId, deviceId, ts, ip) {
      db.run(
        'UPDATE devices SET last_seen_ts = ?, last_seen_ip = ? WHERE user_id = ? AND device_id = ?',
        ts,
        ip,
        userId,
        deviceId,
      )
    },

    putAccessToken(token, { userId, deviceId }) {
      sessions.clear()
      db.transaction(() => {
        db.run('DELETE FROM access_tokens WHERE user_id = ? AND device_id = ?', userId, deviceId)
        db.run(
          'INSERT INTO access_tokens (token_hash, user_id, device_id, created_ts) VALUES (?, ?, ?, ?)',
          hashToken(token),
          userId,
          deviceId,
          clock.now(),
        )
      })
    },
    session(token) {
      const hash = hashToken(token)
      const known = sessions.get(hash)
      if (known !== undefined) return known
      const row = db.get('SELECT user_id, device_id FROM access_tokens WHERE token_hash = ?', hash)
      if (row === undefined) return undefined
      const session = { userId: text(row, 'user_id') as UserId, deviceId: text(row, 'device_id') }
      sessions.set(hash, session, 1)
      return session
    },

    putLoginToken(token, userId, expiresTs) {
      db.run('DELETE FROM login_tokens WHERE expires_ts <= ?', clock.now())
      db.run(
        'INSERT INTO login_tokens (token_hash, user_id, expires_ts) VALUES (?, ?, ?)',
        hashToken(token),
        userId,
        expiresTs,
      )
    },
    takeLoginToken(token) {
      const row = db.get(
        'DELETE FROM login_tokens WHERE token_hash = ? RETURNING user_id, expires_ts',
        hashToken(token),
      )
      if (row === undefined || Number(row['expires_ts']) <= clock.now()) return undefined
      return text(row, 'user_id') as UserId
    },
  }
}

const deviceOf = (row: Row): DeviceRecord => ({
  deviceId: text(row, 'device_id'),
  displayName: optionalText(row, 'display_name'),
  lastSeenTs: optionalNumber(row, 'last_seen_ts'),
  lastSeenIp: optionalText(row, 'last_seen_ip'),
})
