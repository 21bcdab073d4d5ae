import type { Migration } from './index.ts'

/** Rooms that a user is on the way out of, for good; and what finds all of a room's rows. */
export const removals: Migration = {
  id: 13,
  name: 'removals',
  sql: `
-- Until nothing of the room is left here, so that a crash in between loses nothing of the wish.
CREATE TABLE removals (
  user_id TEXT NOT NULL,
  room_id TEXT NOT NULL,
  -- 1: what the user said there is redacted first.
  redact INTEGER NOT NULL,
  PRIMARY KEY (user_id, room_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_unplaced ON events (room_nid) WHERE timeline_pos IS NULL;
CREATE INDEX state_groups_room ON state_groups (room_nid);

-- Who wished to be erased: others get what they said without its content.
ALTER TABLE users ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
`,
}
