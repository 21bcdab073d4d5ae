import type { Migration } from './index.ts'

/** What the inspector shows and the node itself does not need: since when a server is away, the keys it had. */
export const inspectorMigration: Migration = {
  id: 18,
  name: 'inspector',
  sql: `
ALTER TABLE outbox_destinations ADD COLUMN failing_since INTEGER;
CREATE INDEX outbox_outcomes_not_taken ON outbox_outcomes (destination, seq) WHERE status > 0;
CREATE INDEX outbox_refused_destination ON outbox_refused (destination, seq);

-- Current keys as they were fetched, also where a later one took the place of an id.
CREATE TABLE server_key_history (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  server_name TEXT NOT NULL,
  key_id TEXT NOT NULL,
  public_key TEXT NOT NULL,
  first_ts INTEGER NOT NULL,
  last_ts INTEGER NOT NULL,
  UNIQUE (server_name, key_id, public_key)
) STRICT;
INSERT INTO server_key_history (server_name, key_id, public_key, first_ts, last_ts)
  SELECT server_name, key_id, public_key, fetched_ts, fetched_ts FROM server_keys WHERE is_old = 0;
`,
}
