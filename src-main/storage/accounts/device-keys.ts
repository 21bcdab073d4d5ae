import type { JsonObject, UserId } from '../../core/types.ts'
import type { DeviceKeys } from '../../keys/ports.ts'
import { object, text, type StoreContext } from './parts.ts'

/** Of one device and algorithm, that wait to be handed out. */
const MAX_ONE_TIME_KEYS = 1_000
/** Keys that were handed out are remembered for so many more. */
const CLAIMED_KEPT = 1_000

/** End-to-end encryption keys of local devices; public halves only, the server never sees others. */
export function createDeviceKeys({ db, nextPos }: StoreContext): DeviceKeys {
  const countOf = (userId: UserId, deviceId: string, algorithm: string): number =>
    Number(
      db.get(
        'SELECT count(*) AS n FROM one_time_keys WHERE user_id = ? AND device_id = ? AND algorithm = ? AND claimed = 0',
        userId,
        deviceId,
        algorithm,
      )?.['n'],
    )

  /** The oldest one, marked as handed out. */
  const takeOneTimeKey = (userId: UserId, deviceId: string, algorithm: string) => {
    const count =
      1 +
      Number(
        db.get(
          'SELECT max(claimed) AS n FROM one_time_keys WHERE user_id = ? AND device_id = ?',
          userId,
          deviceId,
        )?.['n'] ?? 0,
      )
    const row = db.get(
      `UPDATE one_time_keys SET claimed = ?4 WHERE user_id = ?1 AND device_id = ?2 AND key_id = (
         SELECT key_id FROM one_time_keys
         WHERE user_id = ?1 AND device_id = ?2 AND algorithm = ?3 AND claimed = 0 ORDER BY seq LIMIT 1)
       RETURNING key_id, json`,
      userId,
      deviceId,
      algorithm,
      count,
    )
    db.run(
      'DELETE FROM one_time_keys WHERE user_id = ? AND device_id = ? AND claimed > 0 AND claimed <= ?',
      userId,
      deviceId,
      count - CLAIMED_KEPT,
    )
    return row
  }

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
        const fresh: [string, string][] = []
        for (const [keyId, key] of keys) {
          const json = JSON.stringify(key)
          const known = db.get(
            'SELECT json, claimed FROM one_time_keys WHERE user_id = ? AND device_id = ? AND key_id = ?',
            userId,
            deviceId,
            keyId,
          )
          // Handed out before, and uploaded anew: the client did not hear that it had been uploaded.
          if (known?.['json'] === json) continue
          if (known?.['claimed'] === 0) return 'conflict'
          fresh.push([keyId, json])
        }
        const seq = nextPos()
        for (const [keyId, json] of fresh) {
          if (countOf(userId, deviceId, algorithmOf(keyId)) >= MAX_ONE_TIME_KEYS) return 'full'
          db.run(
            'INSERT OR REPLACE INTO one_time_keys (user_id, device_id, key_id, algorithm, json, seq) VALUES (?, ?, ?, ?, ?, ?)',
            userId,
            deviceId,
            keyId,
            algorithmOf(keyId),
            json,
            seq,
          )
        }
        return 'stored'
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
        `SELECT algorithm, count(*) AS n FROM one_time_keys
         WHERE user_id = ? AND device_id = ? AND claimed = 0 GROUP BY algorithm`,
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
          takeOneTimeKey(userId, deviceId, algorithm) ??
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
    putKeySignature(signer, target, keyId, signatureId, signature) {
      db.run(
        `INSERT OR REPLACE INTO key_signatures (signer, target, key_id, signature_id, signature)
         VALUES (?, ?, ?, ?, ?)`,
        signer,
        target,
        keyId,
        signatureId,
        signature,
      )
    },
    keySignatures: (signer, target, keyId) =>
      Object.fromEntries(
        db
          .all(
            'SELECT signature_id, signature FROM key_signatures WHERE signer = ? AND target = ? AND key_id = ?',
            signer,
            target,
            keyId,
          )
          .map((row) => [text(row, 'signature_id'), text(row, 'signature')]),
      ),
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
    deviceStream(userId) {
      const row = db.get('SELECT stream_id FROM local_device_streams WHERE user_id = ?', userId)
      return row === undefined ? undefined : Number(row['stream_id'])
    },
    nextDeviceStream(userId) {
      const streamId = nextPos()
      db.run(
        'INSERT OR REPLACE INTO local_device_streams (user_id, stream_id) VALUES (?, ?)',
        userId,
        streamId,
      )
      return streamId
    },
  }
}

/** Key ids are `<algorithm>:<id>`. */
const algorithmOf = (keyId: string): string => keyId.slice(0, Math.max(0, keyId.indexOf(':')))
