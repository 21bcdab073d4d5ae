import type { ServerName, UserId } from '../../core/types.ts'
import type { ToDevice } from '../../keys/ports.ts'
import { object, text, type StoreContext } from './parts.ts'

const TXN_KEPT_MS = 24 * 3600_000
/** A server that was away longer, and had been answered before it went, may repeat a message. */
const MESSAGE_KEPT_MS = 60 * 24 * 3600_000
/** Of one server, the newest; looked at when so many more have come. */
const MESSAGES_OF_ONE = 20_000
const SLACK = 500

/** So long their loss is told. */
const LOST_KEPT_MS = 7 * 24 * 3600_000

/** Messages from device to device, kept until the receiving device acknowledged them. */
export function createToDevice({ db, clock, nextPos }: StoreContext): ToDevice {
  let sinceTrimmed = 0
  const counted =
    (condition: string) =>
    (userId: UserId, deviceId: string, most: number): number =>
      Number(
        db.get(
          `SELECT count(*) AS n FROM (
             SELECT 1 FROM to_device WHERE user_id = ? AND device_id = ? ${condition} LIMIT ?)`,
          userId,
          deviceId,
          most,
        )?.['n'],
      )
  return {
    addToDevice(userId, deviceId, event, from) {
      const json = JSON.stringify(event)
      return db.transaction(() => {
        const devices = db
          .all(
            `SELECT device_id FROM devices WHERE user_id = ?1 AND (device_id = ?2 OR ?2 = '*')`,
            userId,
            deviceId,
          )
          .map((row) => text(row, 'device_id'))
        for (const device of devices) {
          db.run(
            'INSERT INTO to_device (id, user_id, device_id, json, stranger) VALUES (?, ?, ?, ?, ?)',
            nextPos(),
            userId,
            device,
            json,
            from === 'stranger' ? 1 : 0,
          )
        }
        return devices
      })
    },
    toDevice: (userId, deviceId, to, limit) =>
      db
        .all(
          'SELECT id, json FROM to_device WHERE user_id = ? AND device_id = ? AND id <= ? ORDER BY id LIMIT ?',
          userId,
          deviceId,
          to,
          limit,
        )
        .map((row) => ({ id: Number(row['id']), event: object(row, 'json') })),
    toDeviceWaiting: counted(''),
    toDeviceOfStrangers: counted('AND stranger = 1'),
    // As the index says it, letter by letter.
    largeToDevice: counted('AND length(json) > 4096'),
    deleteToDevice(userId, deviceId, upTo) {
      const waiting = db.get(
        'SELECT 1 FROM to_device WHERE user_id = ? AND device_id = ? AND id <= ? LIMIT 1',
        userId,
        deviceId,
        upTo,
      )
      // Syncs are many and messages few: no write, and so no fsync, where nothing waits.
      if (waiting === undefined) return
      db.run('DELETE FROM to_device WHERE user_id = ? AND device_id = ? AND id <= ?', userId, deviceId, upTo)
    },
    claimToDeviceTxn({ userId, deviceId }, txnId) {
      db.run('DELETE FROM to_device_txns WHERE created_ts < ?', clock.now() - TXN_KEPT_MS)
      const result = db.run(
        'INSERT OR IGNORE INTO to_device_txns (user_id, device_id, txn_id, created_ts) VALUES (?, ?, ?, ?)',
        userId,
        deviceId,
        txnId,
        clock.now(),
      )
      return result.changes > 0
    },
    claimToDeviceMessage(origin, messageId) {
      db.run('DELETE FROM to_device_received WHERE received_ts < ?', clock.now() - MESSAGE_KEPT_MS)
      const result = db.run(
        'INSERT OR IGNORE INTO to_device_received (origin, message_id, received_ts) VALUES (?, ?, ?)',
        origin,
        messageId,
        clock.now(),
      )
      if (result.changes === 0) return false
      if (++sinceTrimmed < SLACK) return true
      sinceTrimmed = 0
      db.run(
        `DELETE FROM to_device_received WHERE origin = ?1 AND received_ts < (
           SELECT received_ts FROM to_device_received WHERE origin = ?1 ORDER BY received_ts DESC LIMIT 1 OFFSET ?2)`,
        origin,
        MESSAGES_OF_ONE,
      )
      return true
    },
    noteLost(whose, messages) {
      const [server, user, device] =
        'server' in whose ? [whose.server, '', ''] : ['', whose.userId, whose.deviceId]
      db.run('DELETE FROM lost_to_device WHERE last_ts < ?', clock.now() - LOST_KEPT_MS)
      db.run(
        `INSERT INTO lost_to_device (server, user_id, device_id, messages, last_ts) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, last_ts = excluded.last_ts`,
        server,
        user,
        device,
        messages,
        clock.now(),
      )
    },
    lostToDevice: () =>
      db
        .all(
          `SELECT l.* FROM lost_to_device l LEFT JOIN devices d USING (user_id, device_id)
           WHERE l.last_ts >= ? AND (l.user_id = '' OR d.device_id IS NOT NULL) ORDER BY l.last_ts DESC LIMIT 100`,
          clock.now() - LOST_KEPT_MS,
        )
        .map((row) => {
          const what = { messages: Number(row['messages']), lastTs: Number(row['last_ts']) }
          return text(row, 'user_id') === ''
            ? { server: text(row, 'server') as ServerName, ...what }
            : { userId: text(row, 'user_id') as UserId, deviceId: text(row, 'device_id'), ...what }
        }),
  }
}
