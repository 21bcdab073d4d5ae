import type { Migration } from './index.ts'

/** Which files of other servers were read when, and which events mean which files. */
export const mediaUse: Migration = {
  id: 6,
  name: 'media use',
  sql: `
-- Of other servers' files, to the hour.
ALTER TABLE media ADD COLUMN last_access_ts INTEGER;
UPDATE media SET last_access_ts = created_ts WHERE user_id IS NULL;
CREATE INDEX media_remote_use ON media (last_access_ts) WHERE last_access_ts IS NOT NULL;
`,
}
