import type { JsonObject, KeyId, ServerName } from '../core/types.ts'
import type { ServerKeyStore, StoredServerKey } from '../federation/out/ports.ts'
import type { Database } from './database.ts'
import { LruCache } from './rooms/lru.ts'

/** Anybody can have this server fetch keys, so what is kept of each server, and of how many, is bounded. */
const MAX_ANSWER_LENGTH = 16_384
const ANSWERS_OF_ONE = 4
const ANSWERS_OF_ALL = 5_000
const KEYS_OF_ONE = 1_000
const KEYS_OF_ALL = 200_000
const SEEN_OF_ONE = 20
const SEEN_OF_ALL = 50_000
const FORGET_EVERY = 1_000
const CACHED_KEYS = 20_000

export function createServerKeyStore(db: Database, limit = KEYS_OF_ALL): ServerKeyStore {
  /** Every event and every request asks for them. */
  const known = new LruCache<ServerName, readonly StoredServerKey[]>(CACHED_KEYS)
  db.onEveryRollback(() => known.clear())
  /** At least as many as there are; undefined until it is needed. */
  let rows: number | undefined

  const count = (): number => Number(db.get('SELECT count(*) AS n FROM server_keys')?.['n'] ?? 0)

  /** Those of servers that share a room are never dropped for those that do not. */
  function makeRoom(): void {
    if ((rows ??= count()) <= limit) return
    db.run(
      `DELETE FROM server_keys WHERE rowid IN (
         SELECT rowid FROM server_keys WHERE server_name NOT IN (SELECT server FROM room_servers)
         ORDER BY fetched_ts LIMIT ?)`,
      Math.ceil(limit / 10),
    )
    rows = count()
  }

  function remember({ serverName, keyId, publicKey, fetchedTs }: StoredServerKey): void {
    const { changes } = db.run(
      `UPDATE server_key_history SET last_ts = max(last_ts, ?)
         WHERE server_name = ? AND key_id = ? AND public_key = ?`,
      fetchedTs,
      serverName,
      keyId,
      publicKey,
    )
    if (changes > 0) return
    const { lastInsertRowid } = db.run(
      'INSERT INTO server_key_history (server_name, key_id, public_key, first_ts, last_ts) VALUES (?, ?, ?, ?, ?)',
      serverName,
      keyId,
      publicKey,
      fetchedTs,
      fetchedTs,
    )
    db.run(
      `DELETE FROM server_key_history WHERE seq IN (
         SELECT seq FROM server_key_history WHERE server_name = ? ORDER BY last_ts DESC, seq DESC LIMIT -1 OFFSET ?)`,
      serverName,
      SEEN_OF_ONE,
    )
    if (lastInsertRowid % FORGET_EVERY === 0)
      db.run(
        `DELETE FROM server_key_history
           WHERE seq <= ? AND server_name NOT IN (SELECT server FROM room_servers)`,
        lastInsertRowid - SEEN_OF_ALL,
      )
  }

  return {
    keys(serverName) {
      const cached = known.get(serverName)
      if (cached !== undefined) return cached
      const keys = db.all('SELECT * FROM server_keys WHERE server_name = ?', serverName).map((row) => ({
        serverName: String(row['server_name']) as ServerName,
        keyId: String(row['key_id']) as KeyId,
        publicKey: String(row['public_key']),
        validUntilTs: Number(row['valid_until_ts']),
        old: row['is_old'] === 1,
        fetchedTs: Number(row['fetched_ts']),
      }))
      if (keys.length > 0) known.set(serverName, keys, keys.length)
      return keys
    },

    history(serverName) {
      return db
        .all(
          'SELECT * FROM server_key_history WHERE server_name = ? ORDER BY last_ts DESC, seq DESC',
          serverName,
        )
        .map((row) => ({
          keyId: String(row['key_id']) as KeyId,
          publicKey: String(row['public_key']),
          firstSeenTs: Number(row['first_ts']),
          lastSeenTs: Number(row['last_ts']),
        }))
    },

    answers(serverName) {
      return db
        .all('SELECT * FROM server_key_answers WHERE server_name = ? ORDER BY fetched_ts DESC', serverName)
        .map((row) => ({
          answer: JSON.parse(String(row['answer'])) as JsonObject,
          validUntilTs: Number(row['valid_until_ts']),
          fetchedTs: Number(row['fetched_ts']),
        }))
    },

    putAnswer(serverName, keyIds, { answer, validUntilTs, fetchedTs }) {
      const text = JSON.stringify(answer)
      if (text.length > MAX_ANSWER_LENGTH) return
      db.transaction(() => {
        db.run(
          `INSERT OR REPLACE INTO server_key_answers (server_name, key_ids, answer, valid_until_ts, fetched_ts)
             VALUES (?, ?, ?, ?, ?)`,
          serverName,
          [...keyIds].sort().join(' '),
          text,
          validUntilTs,
          fetchedTs,
        )
        db.run(
          `DELETE FROM server_key_answers WHERE server_name = ? AND key_ids NOT IN (
             SELECT key_ids FROM server_key_answers WHERE server_name = ? ORDER BY fetched_ts DESC LIMIT ?)`,
          serverName,
          serverName,
          ANSWERS_OF_ONE,
        )
        db.run(
          `DELETE FROM server_key_answers WHERE rowid IN (
             SELECT rowid FROM server_key_answers ORDER BY fetched_ts DESC LIMIT -1 OFFSET ?)`,
          ANSWERS_OF_ALL,
        )
      })
    },

    put(keys) {
      known.clear()
      db.transaction(() => {
        for (const key of keys) {
          db.run(
            `INSERT INTO server_keys (server_name, key_id, public_key, valid_until_ts, is_old, fetched_ts)
               VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (server_name, key_id) DO UPDATE
               SET public_key = excluded.public_key, valid_until_ts = excluded.valid_until_ts,
                   is_old = excluded.is_old, fetched_ts = excluded.fetched_ts`,
            key.serverName,
            key.keyId,
            key.publicKey,
            key.validUntilTs,
            key.old ? 1 : 0,
            key.fetchedTs,
          )
        }
        for (const key of keys) if (!key.old) remember(key)
        for (const serverName of new Set(keys.map((key) => key.serverName))) {
          db.run(
            `DELETE FROM server_keys WHERE rowid IN (
               SELECT rowid FROM server_keys WHERE server_name = ? ORDER BY fetched_ts DESC LIMIT -1 OFFSET ?)`,
            serverName,
            KEYS_OF_ONE,
          )
        }
        if (rows !== undefined) rows += keys.length
        makeRoom()
      })
    },
  }
}
