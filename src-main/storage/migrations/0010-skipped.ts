import type { Migration } from './index.ts'

/**
 * What a destination that is away for long is owed, a row a room instead of a row an event: all events of this
 * server from one stream position to another. Pending: its latest events are still to be sent. Else it was
 * told of them, and fetches what lies before; the row goes when it has all.
 */
export const skippedMigration: Migration = {
  id: 10,
  name: 'skipped',
  sql: `
CREATE TABLE outbox_skipped (
  destination TEXT NOT NULL,
  room_id TEXT NOT NULL,
  from_pos INTEGER NOT NULL,
  to_pos INTEGER NOT NULL,
  -- The newest event that it was owed: all that may be sent to a server that has left the room since.
  last_event TEXT NOT NULL,
  pending INTEGER NOT NULL,
  PRIMARY KEY (destination, room_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_skipped_room ON outbox_skipped (room_id);
CREATE INDEX outbox_pdus_room ON outbox_pdus (destination, room_id);
`,
}
