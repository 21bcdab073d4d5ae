import type { JsonObject, RoomId, ServerName, UserId } from '../../core/types.ts'
import type { AccountDataRow, AccountRecord, AccountStore, PresenceRow } from '../../client-api/ports.ts'
import { systemClock, type Clock } from '../../trace/clock.ts'
import type { Database, Row } from '../database.ts'
import { LruCache } from '../rooms/lru.ts'
import { createDeviceKeys } from './device-keys.ts'
import { createKeyBackups } from './key-backups.ts'
import { object, optionalText, text, type StoreContext } from './parts.ts'
import { createReports } from './reports.ts'
import { createSessions } from './sessions.ts'
import { createToDevice } from './to-device.ts'

const CACHED_SESSIONS = 10_000

/** The accounts store over the node's database (migration 2 has run). */
export function createAccountStore(
  db: Database,
  options: { serverName: ServerName; clock?: Clock },
): AccountStore {
  const clock = options.clock ?? systemClock
  const ctx: StoreContext = {
    db,
    clock,
    serverName: options.serverName,
    sessions: new LruCache(CACHED_SESSIONS),
    nextPos: () =>
      Number(db.get('UPDATE account_stream SET pos = pos + 1 WHERE id = 1 RETURNING pos')?.['pos']),
  }
  const { nextPos } = ctx
  db.onEveryRollback(() => ctx.sessions.clear())

  const fieldsOf = (userId: UserId): JsonObject | undefined => {
    const row = db.get('SELECT profile FROM users WHERE user_id = ?', userId)
    return row === undefined ? undefined : object(row, 'profile')
  }
  const createAccount: AccountStore['createAccount'] = ({ userId, passwordHash, admin }) =>
    db.run(
      'INSERT OR IGNORE INTO users (user_id, password_hash, admin, created_ts) VALUES (?, ?, ?, ?)',
      userId,
      passwordHash ?? null,
      admin ? 1 : 0,
      clock.now(),
    ).changes > 0

  return {
    ...createSessions(ctx),
    ...createDeviceKeys(ctx),
    ...createToDevice(ctx),
    ...createKeyBackups(ctx),
    ...createReports(ctx),
    transaction: (fn) => db.transaction(fn),
    maxPos: () => Number(db.get('SELECT pos FROM account_stream WHERE id = 1')?.['pos'] ?? 0),

    exists: (userId) => db.get('SELECT 1 FROM users WHERE user_id = ?', userId) !== undefined,
    account(userId) {
      const row = db.get('SELECT * FROM users WHERE user_id = ?', userId)
      return row === undefined ? undefined : accountOf(row)
    },
    accounts: () => db.all('SELECT * FROM users ORDER BY created_ts').map(accountOf),
    createAccount,
    ensureOwner(localpart = 'owner') {
      const userId = `@${localpart}:${options.serverName}` as UserId
      const owner = db.get('SELECT user_id FROM users WHERE admin = 1 ORDER BY created_ts, rowid LIMIT 1')
      // A renamed setting must not make a second owner: the first one stays.
      if (owner !== undefined) return text(owner, 'user_id') as UserId
      createAccount({ userId, passwordHash: undefined, admin: true })
      return userId
    },
    passwordHash(userId) {
      const row = db.get('SELECT password_hash FROM users WHERE user_id = ? AND deactivated = 0', userId)
      return row === undefined ? undefined : optionalText(row, 'password_hash')
    },
    setPasswordHash(userId, hash) {
      db.run('UPDATE users SET password_hash = ? WHERE user_id = ?', hash, userId)
    },
    isActive: (userId) =>
      db.get('SELECT 1 FROM users WHERE user_id = ? AND deactivated = 0', userId) !== undefined,
    erased: (userId) => db.get('SELECT 1 FROM users WHERE user_id = ? AND erased = 1', userId) !== undefined,
    deactivate(userId, erase = false) {
      ctx.sessions.clear()
      db.transaction(() => {
        db.run('UPDATE users SET deactivated = 1, password_hash = NULL WHERE user_id = ?', userId)
        for (const table of ['devices', 'pushers', 'login_tokens', 'to_device_txns'])
          db.run(`DELETE FROM ${table} WHERE user_id = ?`, userId)
        if (!erase) return
        db.run("UPDATE users SET erased = 1, profile = '{}' WHERE user_id = ?", userId)
        const erased = ['account_data', 'filters', 'cross_signing_keys', 'presence', 'profile_updates']
        for (const table of [...erased, 'key_backups', 'key_backup_sessions'])
          db.run(`DELETE FROM ${table} WHERE user_id = ?`, userId)
      })
    },

    profileFields: fieldsOf,
    setProfileField(userId, field, value) {
      db.transaction(() => {
        const fields = fieldsOf(userId)
        if (fields === undefined) return
        if (value === undefined) delete fields[field]
        else fields[field] = value
        db.run('UPDATE users SET profile = ? WHERE user_id = ?', JSON.stringify(fields), userId)
        if (field === 'displayname' || field === 'avatar_url')
          db.run('INSERT OR IGNORE INTO profile_updates (user_id) VALUES (?)', userId)
      })
    },
    unfinishedProfiles: () =>
      db.all('SELECT user_id FROM profile_updates').map((row) => text(row, 'user_id') as UserId),
    profileIsInRooms(userId) {
      db.run('DELETE FROM profile_updates WHERE user_id = ?', userId)
    },
    profile(userId) {
      const fields = fieldsOf(userId)
      if (fields === undefined) return undefined
      const { displayname, avatar_url: avatarUrl } = fields
      return {
        displayName: typeof displayname === 'string' ? displayname : undefined,
        avatarUrl: typeof avatarUrl === 'string' ? avatarUrl : undefined,
      }
    },

    putRegistrationToken(token, uses, expiresTs) {
      db.run(
        `INSERT INTO registration_tokens (token, uses_left, expires_ts) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET uses_left = excluded.uses_left, expires_ts = excluded.expires_ts`,
        token,
        uses ?? null,
        expiresTs ?? null,
      )
    },
    registrationTokenValid: (token) =>
      db.get(`SELECT 1 FROM registration_tokens WHERE token = ? AND ${usable}`, token, clock.now()) !==
      undefined,
    useRegistrationToken: (token) =>
      db.run(
        `UPDATE registration_tokens SET uses_left = uses_left - 1 WHERE token = ? AND ${usable}`,
        token,
        clock.now(),
      ).changes > 0,

    putFilter: (userId, json) =>
      db.transaction(() => {
        const body = JSON.stringify(json)
        const same = db.get('SELECT filter_id FROM filters WHERE user_id = ? AND json = ?', userId, body)
        if (same !== undefined) return text(same, 'filter_id')
        const count = Number(db.get('SELECT count(*) AS n FROM filters WHERE user_id = ?', userId)?.['n'])
        db.run('INSERT INTO filters (user_id, filter_id, json) VALUES (?, ?, ?)', userId, String(count), body)
        return String(count)
      }),
    filter(userId, filterId) {
      const row = db.get('SELECT json FROM filters WHERE user_id = ? AND filter_id = ?', userId, filterId)
      return row === undefined ? undefined : object(row, 'json')
    },

    putAccountData(userId, roomId, type, content) {
      db.transaction(() =>
        db.run(
          `INSERT INTO account_data (user_id, room_id, type, content, pos) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET content = excluded.content, pos = excluded.pos`,
          userId,
          roomId ?? '',
          type,
          JSON.stringify(content),
          nextPos(),
        ),
      )
    },
    accountData(userId, roomId, type) {
      const row = db.get(
        'SELECT content FROM account_data WHERE user_id = ? AND room_id = ? AND type = ?',
        userId,
        roomId ?? '',
        type,
      )
      return row === undefined ? undefined : object(row, 'content')
    },
    accountDataSince: (userId, since, to) =>
      db
        .all(
          'SELECT room_id, type, content FROM account_data WHERE user_id = ? AND pos > ? AND pos <= ? ORDER BY pos',
          userId,
          since,
          to,
        )
        .map(accountDataOf),
    roomAccountData: (userId, roomId) =>
      db
        .all(
          'SELECT room_id, type, content FROM account_data WHERE user_id = ? AND room_id = ?',
          userId,
          roomId,
        )
        .map(accountDataOf),

    putPresence(row) {
      db.transaction(() =>
        db.run(
          `INSERT INTO presence (user_id, presence, status_msg, last_active_ts, pos) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET presence = excluded.presence, status_msg = excluded.status_msg,
             last_active_ts = excluded.last_active_ts, pos = excluded.pos`,
          row.userId,
          row.presence,
          row.statusMsg ?? null,
          row.lastActiveTs,
          nextPos(),
        ),
      )
    },
    presence(userId) {
      const row = db.get('SELECT * FROM presence WHERE user_id = ?', userId)
      return row === undefined ? undefined : presenceOf(row)
    },

    putPusher(userId, pusher) {
      db.run(
        `INSERT INTO pushers (user_id, app_id, pushkey, json) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET json = excluded.json`,
        userId,
        keyOf(pusher, 'app_id'),
        keyOf(pusher, 'pushkey'),
        JSON.stringify(pusher),
      )
    },
    deletePusher(userId, appId, pushkey) {
      db.run('DELETE FROM pushers WHERE user_id = ? AND app_id = ? AND pushkey = ?', userId, appId, pushkey)
    },
    pushers: (userId) =>
      db.all('SELECT json FROM pushers WHERE user_id = ?', userId).map((row) => object(row, 'json')),
  }
}

const usable = '(uses_left IS NULL OR uses_left > 0) AND (expires_ts IS NULL OR expires_ts > ?)'

const keyOf = (pusher: JsonObject, field: string): string => {
  const value = pusher[field]
  if (typeof value !== 'string') throw new TypeError(`A pusher without ${field}`)
  return value
}

const accountOf = (row: Row): AccountRecord => ({
  userId: text(row, 'user_id') as UserId,
  admin: row['admin'] === 1,
  deactivated: row['deactivated'] === 1,
  hasPassword: row['password_hash'] !== null,
  createdTs: Number(row['created_ts']),
})

const accountDataOf = (row: Row): AccountDataRow => ({
  roomId: row['room_id'] === '' ? undefined : (text(row, 'room_id') as RoomId),
  type: text(row, 'type'),
  content: object(row, 'content'),
})

const presenceOf = (row: Row): PresenceRow => ({
  userId: text(row, 'user_id') as UserId,
  presence: text(row, 'presence') as PresenceRow['presence'],
  statusMsg: optionalText(row, 'status_msg'),
  lastActiveTs: Number(row['last_active_ts']),
})
