import type { Migration } from './index.ts'

/** What people of this node reported to its owner. Ids are never used again: paging goes by them. */
export const reportsMigration: Migration = {
  id: 15,
  name: 'reports',
  sql: `
CREATE TABLE reports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  reporter TEXT NOT NULL,
  room_id TEXT,
  event_id TEXT,
  user_id TEXT,
  reason TEXT,
  ts INTEGER NOT NULL,
  seen INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX reports_by_reporter ON reports (reporter, id);
CREATE INDEX reports_unseen ON reports (id) WHERE seen = 0;
`,
}
