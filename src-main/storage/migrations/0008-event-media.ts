import type { Migration } from './index.ts'

/**
 * Which events name which files, so that a file goes with the last of them. Events that are here already are
 * entered by the fields in which clients put files.
 */
export const eventMedia: Migration = {
  id: 8,
  name: 'event media',
  sql: `
DROP TABLE event_media;
CREATE TABLE event_media (
  uri TEXT NOT NULL,
  event_id TEXT NOT NULL,
  sender TEXT NOT NULL,
  -- 1 when the event lost its content; kept until the file is gone too.
  redacted INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (uri, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_media_event ON event_media (event_id);

INSERT OR IGNORE INTO event_media (uri, event_id, sender)
  SELECT value, event_id, sender FROM (
    SELECT event_id, sender, json_array(
      json_extract(json, '$.content.url'),
      json_extract(json, '$.content.file.url'),
      json_extract(json, '$.content.info.thumbnail_url'),
      json_extract(json, '$.content.info.thumbnail_file.url'),
      json_extract(json, '$.content.avatar_url'),
      json_extract(json, '$.content."m.new_content".url'),
      json_extract(json, '$.content."m.new_content".file.url')
    ) AS uris
    FROM events WHERE redacted_by IS NULL AND instr(json, 'mxc://') > 0
  ), json_each(uris)
  WHERE typeof(value) = 'text' AND value LIKE 'mxc://%';
`,
}
