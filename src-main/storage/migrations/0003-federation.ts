import type { Migration } from './index.ts'

/**
 * What this server owes to other servers, and the signing keys of those.
 *
 * A row with a `txn_id` is part of the one transaction in flight to its destination: that mark is
 * what makes a retry after a restart repeat the same contents under the same transaction id.
 */
export const federation: Migration = {
  id: 3,
  name: 'federation',
  sql: `
    CREATE TABLE outbox_pdus (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      destination TEXT NOT NULL,
      event_id TEXT NOT NULL,
      room_id TEXT NOT NULL,
      txn_id TEXT,
      UNIQUE (destination, event_id)
    ) STRICT;
    CREATE INDEX outbox_pdus_order ON outbox_pdus (destination, seq);

    CREATE TABLE outbox_edus (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      destination TEXT NOT NULL,
      edu TEXT NOT NULL,
      -- A waiting EDU is replaced by a newer one of the same key (a later read receipt, say).
      replace_key TEXT,
      txn_id TEXT
    ) STRICT;
    CREATE INDEX outbox_edus_order ON outbox_edus (destination, seq);
    CREATE INDEX outbox_edus_key ON outbox_edus (destination, replace_key) WHERE replace_key IS NOT NULL;

    CREATE TABLE outbox_in_flight (
      destination TEXT PRIMARY KEY,
      txn_id TEXT NOT NULL,
      origin_server_ts INTEGER NOT NULL,
      -- EDUs that are not durable by themselves (typing) but went along, as a JSON array.
      ephemeral TEXT NOT NULL
    ) STRICT;

    CREATE TABLE outbox_destinations (
      destination TEXT PRIMARY KEY,
      failures INTEGER NOT NULL,
      retry_at INTEGER NOT NULL,
      last_error TEXT
    ) STRICT;

    -- What another server would not take even alone. Kept, so that nothing is dropped silently.
    CREATE TABLE outbox_refused (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      destination TEXT NOT NULL,
      event_id TEXT,
      edu TEXT,
      reason TEXT NOT NULL,
      ts INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE server_keys (
      server_name TEXT NOT NULL,
      key_id TEXT NOT NULL,
      public_key TEXT NOT NULL,
      -- Milliseconds; for an old key the time it was last used (expired_ts), with is_old = 1.
      valid_until_ts INTEGER NOT NULL,
      is_old INTEGER NOT NULL,
      fetched_ts INTEGER NOT NULL,
      PRIMARY KEY (server_name, key_id)
    ) STRICT;
  `,
}
