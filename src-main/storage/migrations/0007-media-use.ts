import type { Migration } from './index.ts'

/** Which files of other servers were read when, and which events mean which files. */
export const mediaUse: Migration = {
  id: 7,
  name: 'media use',
  sql: `
-- Of other servers' files, to the hour.
ALTER TABLE media ADD COLUMN last_access_ts INTEGER;
UPDATE media SET last_access_ts = created_ts WHERE user_id IS NULL AND sha256 IS NOT NULL;
CREATE INDEX media_remote_use ON media (last_access_ts) WHERE last_access_ts IS NOT NULL;

-- The files that an event's content names, as mxc:// URIs; gone with the content.
CREATE TABLE event_media (
  uri TEXT NOT NULL,
  event_id TEXT NOT NULL,
  PRIMARY KEY (uri, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_media_event ON event_media (event_id);
`,
}
