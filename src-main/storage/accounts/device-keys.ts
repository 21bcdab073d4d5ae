import type { JsonObject, UserId } from '../../core/types.ts'
import type { DeviceKeys } from '../../client-api/ports.ts'
import { object, text, type StoreContext } from './parts.ts'

/** End-to-end encryption keys of local devices; public halves only, the server never sees others. */
export function createDeviceKeys({ db, nextPos }: StoreContext): DeviceKeys {
  return {
    putDeviceKeys(userId, deviceId, keys) {
      db.run(
        `INSERT INTO device_keys (user_id, device_id, json) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET json = excluded.json`,
        userId,
        deviceId,
        JSON.stringify(keys),
      )
    },
    deviceKeys: (userId) =>
      new Map(
        db
          .all('SELECT device_id, json FROM device_keys WHERE user_id = ?', userId)
          .map((row) => [text(row, 'device_id'), object(row, 'json')]),
      ),
    putOneTimeKeys: (userId, deviceId, keys) =>
      db.transaction(() => {
        for (const [keyId, key] of keys) {
          const json = JSON.stringify(key)
          const known = db.get(
            'SELECT json FROM one_time_keys WHERE user_id = ? AND device_id = ? AND key_id = ?',
            userId,
            deviceId,
            keyId,
          )
          if (known !== undefined && known['json'] !== json) return false
        }
        for (const [keyId, key] of keys) {
          db.run(
            'INSERT OR IGNORE INTO one_time_keys (user_id, device_id, key_id, algorithm, json) VALUES (?, ?, ?, ?, ?)',
            userId,
            deviceId,
            keyId,
            algorithmOf(keyId),
            JSON.stringify(key),
          )
        }
        return true
      }),
    putFallbackKeys(userId, deviceId, keys) {
      for (const [keyId, key] of keys) {
        db.run(
          `INSERT INTO fallback_keys (user_id, device_id, algorithm, key_id, json, used) VALUES (?, ?, ?, ?, ?, 0)
           ON CONFLICT DO UPDATE SET
             used = CASE WHEN key_id = excluded.key_id THEN used ELSE 0 END,
             key_id = excluded.key_id, json = excluded.json`,
          userId,
          deviceId,
          algorithmOf(keyId),
          keyId,
          JSON.stringify(key),
        )
      }
    },
    oneTimeKeyCounts(userId, deviceId) {
      const rows = db.all(
        `SELECT algorithm, count(*) AS n FROM one_time_keys WHERE user_id = ? AND device_id = ? GROUP BY algorithm`,
        userId,
        deviceId,
      )
      return Object.fromEntries(rows.map((row) => [text(row, 'algorithm'), Number(row['n'])]))
    },
    unusedFallbackAlgorithms: (userId, deviceId) =>
      db
        .all(
          'SELECT algorithm FROM fallback_keys WHERE user_id = ? AND device_id = ? AND used = 0',
          userId,
          deviceId,
        )
        .map((row) => text(row, 'algorithm')),
    claimKey: (userId, deviceId, algorithm) =>
      db.transaction(() => {
        const row =
          db.get(
            `DELETE FROM one_time_keys WHERE user_id = ?1 AND device_id = ?2 AND key_id = (
               SELECT key_id FROM one_time_keys WHERE user_id = ?1 AND device_id = ?2 AND algorithm = ?3 LIMIT 1)
             RETURNING key_id, json`,
            userId,
            deviceId,
            algorithm,
          ) ??
          db.get(
            `UPDATE fallback_keys SET used = 1 WHERE user_id = ? AND device_id = ? AND algorithm = ?
             RETURNING key_id, json`,
            userId,
            deviceId,
            algorithm,
          )
        if (row === undefined) return undefined
        return { keyId: text(row, 'key_id'), key: JSON.parse(text(row, 'json')) as JsonObject | string }
      }),
    putCrossSigningKey(userId, usage, key) {
      db.run(
        `INSERT INTO cross_signing_keys (user_id, usage, json) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET json = excluded.json`,
        userId,
        usage,
        JSON.stringify(key),
      )
    },
    crossSigningKey(userId, usage) {
      const row = db.get('SELECT json FROM cross_signing_keys WHERE user_id = ? AND usage = ?', userId, usage)
      return row === undefined ? undefined : object(row, 'json')
    },
    markDeviceListChanged(userId) {
      db.transaction(() =>
        db.run(
          `INSERT INTO device_list_changes (user_id, pos) VALUES (?, ?)
           ON CONFLICT DO UPDATE SET pos = excluded.pos`,
          userId,
          nextPos(),
        ),
      )
    },
    deviceListChanges: (since, to) =>
      db
        .all('SELECT user_id FROM device_list_changes WHERE pos > ? AND pos <= ?', since, to)
        .map((row) => text(row, 'user_id') as UserId),
  }
}

/** Key ids are `<algorithm>:<id>`. */
const algorithmOf = (keyId: string): string => keyId.slice(0, Math.max(0, keyId.indexOf(':')))
