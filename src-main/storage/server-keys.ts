import type { KeyId, ServerName } from '../core/types.ts'
import type { ServerKeyStore } from '../federation/out/ports.ts'
import type { Database } from './database.ts'

export function createServerKeyStore(db: Database): ServerKeyStore {
  return {
    keys(serverName) {
      return db.all('SELECT * FROM server_keys WHERE server_name = ?', serverName).map((row) => ({
        serverName: String(row['server_name']) as ServerName,
        keyId: String(row['key_id']) as KeyId,
        publicKey: String(row['public_key']),
        validUntilTs: Number(row['valid_until_ts']),
        old: row['is_old'] === 1,
        fetchedTs: Number(row['fetched_ts']),
      }))
    },

    put(keys) {
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
      })
    },
  }
}
