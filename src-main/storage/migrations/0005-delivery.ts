import type { Migration } from './index.ts'

/** Who has received an event, what pages behind links say of themselves, and profiles on their way into rooms. */
export const deliveryMigration: Migration = {
  id: 5,
  name: 'delivery',
  sql: `
-- How the delivery of an event to a destination ended; until then it has a row in outbox_pdus.
-- Status: 0 delivered, 1 refused by the other server, 2 given up. Only the newest rows are kept.
CREATE TABLE outbox_outcomes (
  seq INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL,
  destination TEXT NOT NULL,
  status INTEGER NOT NULL,
  ts INTEGER NOT NULL,
  error TEXT,
  UNIQUE (event_id, destination)
) STRICT;
CREATE INDEX outbox_pdus_event ON outbox_pdus (event_id);
-- What is in flight is found without looking at all that waits.
CREATE INDEX outbox_pdus_txn ON outbox_pdus (destination, txn_id) WHERE txn_id IS NOT NULL;

CREATE TABLE link_previews (
  url TEXT PRIMARY KEY,
  json TEXT NOT NULL,
  fetched_ts INTEGER NOT NULL,
  expires_ts INTEGER NOT NULL
) STRICT;
CREATE INDEX link_previews_fetched ON link_previews (fetched_ts);

-- Users whose changed profile has not reached all of their rooms yet.
CREATE TABLE profile_updates (user_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`,
}
