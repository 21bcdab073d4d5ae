import type { Migration } from './index.ts'

/** Where in the history of its room a redaction stands that is shown once the event is here that it names. */
export const keptPlaces: Migration = {
  id: 22,
  name: 'kept places',
  sql: `
CREATE TABLE kept_places (
  event_nid INTEGER PRIMARY KEY REFERENCES events (nid) ON DELETE CASCADE,
  room_nid INTEGER NOT NULL,
  timeline_pos INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX kept_places_of_room ON kept_places (room_nid, timeline_pos);
`,
}
