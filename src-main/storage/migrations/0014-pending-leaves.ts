import type { Migration } from './index.ts'

/** Who left a room, or declined an invite, while the servers that could tell it were away. */
export const pendingLeaves: Migration = {
  id: 14,
  name: 'pending leaves',
  sql: `
CREATE TABLE pending_leaves (
  user_id TEXT NOT NULL,
  room_id TEXT NOT NULL,
  servers TEXT NOT NULL,
  reason TEXT,
  since_ts INTEGER NOT NULL,
  not_before_ts INTEGER NOT NULL,
  PRIMARY KEY (user_id, room_id)
) STRICT;
`,
}
