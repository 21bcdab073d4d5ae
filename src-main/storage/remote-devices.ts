import type { JsonObject, UserId } from '../core/types.ts'
import { parseJson } from '../core/parse-json.ts'
import type { RemoteDevice, RemoteDeviceStore } from '../keys/ports.ts'
import type { Database, Row } from './database.ts'

/** What other servers told of their users' devices and keys. Lists that nobody may keep vanish by triggers. */
export function createRemoteDeviceStore(db: Database): RemoteDeviceStore {
  const deviceOf = (row: Row): RemoteDevice => ({
    deviceId: String(row['device_id']),
    keys: parsed(row, 'keys') ?? {},
    displayName: typeof row['display_name'] === 'string' ? row['display_name'] : undefined,
  })

  function putDevice(userId: UserId, { deviceId, keys, displayName }: RemoteDevice): void {
    db.run(
      'INSERT OR REPLACE INTO remote_devices (user_id, device_id, keys, display_name) VALUES (?, ?, ?, ?)',
      userId,
      deviceId,
      JSON.stringify(keys),
      displayName ?? null,
    )
  }

  return {
    status(userId) {
      const row = db.get(
        `SELECT stream_id, stale, (SELECT count(*) FROM remote_devices WHERE user_id = ?1) AS devices
         FROM remote_device_lists WHERE user_id = ?1`,
        userId,
      )
      if (row === undefined) return undefined
      return { streamId: streamOf(row), stale: row['stale'] === 1, devices: Number(row['devices']) }
    },
    list(userId) {
      const row = db.get('SELECT * FROM remote_device_lists WHERE user_id = ?', userId)
      if (row === undefined) return undefined
      return {
        streamId: streamOf(row),
        stale: row['stale'] === 1,
        devices: db
          .all('SELECT device_id, keys, display_name FROM remote_devices WHERE user_id = ?', userId)
          .map(deviceOf),
        masterKey: parsed(row, 'master_key'),
        selfSigningKey: parsed(row, 'self_signing_key'),
      }
    },
    put(userId, list) {
      db.run('DELETE FROM remote_device_lists WHERE user_id = ?', userId)
      db.run(
        `INSERT INTO remote_device_lists (user_id, stream_id, stale, master_key, self_signing_key)
         VALUES (?, ?, ?, ?, ?)`,
        userId,
        list.streamId ?? null,
        list.stale ? 1 : 0,
        list.masterKey === undefined ? null : JSON.stringify(list.masterKey),
        list.selfSigningKey === undefined ? null : JSON.stringify(list.selfSigningKey),
      )
      for (const device of list.devices) putDevice(userId, device)
    },
    apply(userId, deviceId, device, streamId) {
      db.run('UPDATE remote_device_lists SET stream_id = ? WHERE user_id = ?', streamId, userId)
      if (device !== undefined) putDevice(userId, device)
      else db.run('DELETE FROM remote_devices WHERE user_id = ? AND device_id = ?', userId, deviceId)
    },
    putSigningKeys(userId, { masterKey, selfSigningKey }) {
      db.run(
        `UPDATE remote_device_lists SET master_key = coalesce(?, master_key),
           self_signing_key = coalesce(?, self_signing_key) WHERE user_id = ?`,
        masterKey === undefined ? null : JSON.stringify(masterKey),
        selfSigningKey === undefined ? null : JSON.stringify(selfSigningKey),
        userId,
      )
    },
    markStale(userId) {
      db.run('UPDATE remote_device_lists SET stale = 1 WHERE user_id = ? AND stale = 0', userId)
    },
    stale: () =>
      db
        .all('SELECT user_id FROM remote_device_lists WHERE stale = 1')
        .map((row) => String(row['user_id']) as UserId),
    forget(userId) {
      db.run('DELETE FROM remote_device_lists WHERE user_id = ?', userId)
    },
  }
}

const streamOf = (row: Row): number | undefined =>
  row['stream_id'] === null ? undefined : Number(row['stream_id'])

function parsed(row: Row, column: string): JsonObject | undefined {
  const value = row[column]
  return typeof value === 'string' ? (parseJson(value) as JsonObject) : undefined
}
