import type { Migration } from './index.ts'

/**
 * What one message writes touches fewer pages of the file: new events wait for the search index, and the queues
 * to other servers have only the indexes that they need.
 */
export const fewerPages: Migration = {
  id: 20,
  name: 'fewer pages',
  sql: `
-- Events with a greater number came since, and wait to be indexed.
ALTER TABLE search_backlog ADD COLUMN upto INTEGER NOT NULL DEFAULT 0;
UPDATE search_backlog SET upto = (SELECT coalesce(max(nid), 0) FROM events);

CREATE TABLE outbox_pdus_kept AS SELECT * FROM outbox_pdus;
DROP TABLE outbox_pdus;
CREATE TABLE outbox_pdus (
  seq INTEGER PRIMARY KEY,
  destination TEXT NOT NULL,
  event_id TEXT NOT NULL,
  room_id TEXT NOT NULL,
  txn_id TEXT,
  UNIQUE (event_id, destination)
) STRICT;
INSERT INTO outbox_pdus (seq, destination, event_id, room_id, txn_id)
  SELECT seq, destination, event_id, room_id, txn_id FROM outbox_pdus_kept;
DROP TABLE outbox_pdus_kept;
-- What waits, and what is in flight, both in the order of \`seq\`.
CREATE INDEX outbox_pdus_order ON outbox_pdus (destination, txn_id);
CREATE INDEX outbox_pdus_room ON outbox_pdus (destination, room_id);

CREATE TABLE outbox_begun (
  destination TEXT PRIMARY KEY,
  txn_id TEXT NOT NULL,
  origin_server_ts INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO outbox_begun SELECT destination, txn_id, origin_server_ts FROM outbox_in_flight;
DROP TABLE outbox_in_flight;
ALTER TABLE outbox_begun RENAME TO outbox_in_flight;
`,
}
