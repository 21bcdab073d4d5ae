import type { Migration } from './index.ts'

/** What is known of each `mxc://` URI; the bytes are files named by their hash. */
export const mediaMigration: Migration = {
  id: 4,
  name: 'media',
  sql: `
CREATE TABLE media (
  origin TEXT NOT NULL,
  media_id TEXT NOT NULL,
  -- Hex; NULL while an announced upload has not come.
  sha256 TEXT,
  size INTEGER NOT NULL DEFAULT 0,
  content_type TEXT,
  filename TEXT,
  -- Uploader; NULL for other servers' media.
  user_id TEXT,
  created_ts INTEGER NOT NULL,
  -- Until when an announced upload may come.
  expires_ts INTEGER,
  PRIMARY KEY (origin, media_id)
) WITHOUT ROWID;
CREATE INDEX media_sha256 ON media (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX media_pending ON media (user_id, expires_ts) WHERE sha256 IS NULL;
`,
}
