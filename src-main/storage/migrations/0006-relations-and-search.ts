import type { Migration } from './index.ts'

/**
 * What is asked of relations is answered from their own rows, threads are listed by their latest reply,
 * the event of a time is found by index, and messages are searched by words. The words of the events
 * that are here already are indexed later, in slices (`search_backlog`), so that the start stays short.
 */
export const relationsAndSearch: Migration = {
  id: 6,
  name: 'relations and search',
  sql: `
ALTER TABLE event_relations ADD COLUMN room_nid INTEGER;
ALTER TABLE event_relations ADD COLUMN timeline_pos INTEGER;
ALTER TABLE event_relations ADD COLUMN type TEXT;
ALTER TABLE event_relations ADD COLUMN sender TEXT;
UPDATE event_relations SET (room_nid, timeline_pos, type, sender) =
  (SELECT room_nid, timeline_pos, type, sender FROM events WHERE nid = event_nid);
CREATE INDEX event_relations_place ON event_relations (target_id, rel_type, timeline_pos)
  WHERE timeline_pos IS NOT NULL;
CREATE INDEX event_relations_sender ON event_relations (target_id, rel_type, sender, timeline_pos)
  WHERE timeline_pos IS NOT NULL;

-- Roots that have replies, with the place of the latest.
CREATE TABLE threads (
  room_nid INTEGER NOT NULL,
  root_id TEXT NOT NULL,
  latest_pos INTEGER NOT NULL,
  PRIMARY KEY (room_nid, root_id)
) WITHOUT ROWID;
CREATE INDEX threads_latest ON threads (room_nid, latest_pos);
INSERT INTO threads
  SELECT room_nid, target_id, max(timeline_pos) FROM event_relations
  WHERE rel_type = 'm.thread' AND timeline_pos IS NOT NULL GROUP BY room_nid, target_id;

CREATE INDEX events_time ON events (room_nid, origin_server_ts) WHERE timeline_pos IS NOT NULL;

CREATE INDEX receipts_news ON receipts (stream_pos);

-- The words that an event is found by. Ids grow with time: see storage/rooms/search.ts.
CREATE TABLE search_docs (
  id INTEGER PRIMARY KEY,
  event_nid INTEGER NOT NULL UNIQUE,
  text TEXT NOT NULL,
  scope TEXT NOT NULL
);
CREATE VIRTUAL TABLE search_index USING fts5 (
  text, scope, content='search_docs', content_rowid='id', columnsize=0, prefix='1 2 3',
  tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co So'"
);
-- What is deleted leaves the file, not only the results.
INSERT INTO search_index (search_index, rank) VALUES ('secure-delete', 1);

-- Events with a smaller number were here before the index, and wait to be indexed.
CREATE TABLE search_backlog (id INTEGER PRIMARY KEY CHECK (id = 1), below INTEGER NOT NULL);
INSERT INTO search_backlog SELECT 1, coalesce(max(nid) + 1, 0) FROM events;
`,
}
