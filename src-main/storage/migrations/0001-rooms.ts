import type { Migration } from './index.ts'

/**
 * Rooms, events and what hangs on them. Rooms have a small number (`room_nid`), so that the
 * indices of the big tables stay small. Events are kept as the signed JSON; the columns beside it are
 * what queries need. Status: 0 accepted, 1 soft-failed, 2 rejected, 3 outlier.
 */
export const roomsMigration: Migration = {
  id: 1,
  name: 'rooms',
  sql: `
CREATE TABLE stream_counter (id INTEGER PRIMARY KEY CHECK (id = 1), pos INTEGER NOT NULL);
INSERT INTO stream_counter VALUES (1, 0);

-- Every room that anything here mentions, known or not.
CREATE TABLE room_ids (nid INTEGER PRIMARY KEY, room_id TEXT NOT NULL UNIQUE);

CREATE TABLE rooms (
  room_nid INTEGER PRIMARY KEY,
  version TEXT NOT NULL,
  current_state INTEGER NOT NULL,
  participating INTEGER NOT NULL,
  is_public INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE events (
  nid INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL UNIQUE,
  room_nid INTEGER NOT NULL,
  room_version TEXT NOT NULL,
  status INTEGER NOT NULL,
  reason TEXT,
  type TEXT NOT NULL,
  state_key TEXT,
  sender TEXT NOT NULL,
  depth INTEGER NOT NULL,
  origin_server_ts INTEGER NOT NULL,
  redacts TEXT,
  state_before INTEGER,
  state_after INTEGER,
  stream_pos INTEGER,
  timeline_pos INTEGER,
  received_ts INTEGER NOT NULL,
  redacted_by TEXT,
  json TEXT NOT NULL
);
CREATE UNIQUE INDEX events_timeline ON events (room_nid, timeline_pos) WHERE timeline_pos IS NOT NULL;
CREATE INDEX events_room_stream ON events (room_nid, stream_pos) WHERE stream_pos IS NOT NULL;
CREATE INDEX events_stream ON events (stream_pos, room_nid) WHERE stream_pos IS NOT NULL;
CREATE INDEX events_redacts ON events (redacts) WHERE redacts IS NOT NULL;

-- The other direction of prev_events; forwards they are in the JSON, as auth_events are.
CREATE TABLE event_edges (
  prev_id TEXT NOT NULL,
  event_nid INTEGER NOT NULL,
  PRIMARY KEY (prev_id, event_nid)
) WITHOUT ROWID;

CREATE TABLE event_relations (
  target_id TEXT NOT NULL,
  rel_type TEXT NOT NULL,
  event_nid INTEGER NOT NULL,
  key TEXT,
  PRIMARY KEY (target_id, rel_type, event_nid)
) WITHOUT ROWID;
CREATE INDEX event_relations_event ON event_relations (event_nid);

CREATE TABLE forward_extremities (
  room_nid INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  PRIMARY KEY (room_nid, event_id)
) WITHOUT ROWID;

CREATE TABLE gaps (
  room_nid INTEGER NOT NULL,
  missing TEXT NOT NULL,
  event_id TEXT NOT NULL,
  timeline_pos INTEGER NOT NULL,
  PRIMARY KEY (room_nid, missing, event_id)
) WITHOUT ROWID;

-- The state is the base's, with the delta applied; base 0 is the empty state. The delta is a JSON
-- array: key, event id or null, key, … See state-groups.ts for position and changes.
CREATE TABLE state_groups (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  room_nid INTEGER NOT NULL,
  base INTEGER NOT NULL,
  position INTEGER NOT NULL,
  changes INTEGER NOT NULL,
  size INTEGER NOT NULL,
  delta TEXT NOT NULL
);

CREATE TABLE room_members (
  room_nid INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  membership TEXT NOT NULL,
  event_id TEXT NOT NULL,
  local INTEGER NOT NULL,
  display_name TEXT,
  avatar_url TEXT,
  PRIMARY KEY (room_nid, user_id)
) WITHOUT ROWID;
CREATE INDEX room_members_user ON room_members (user_id, membership, room_nid);
CREATE INDEX room_members_local ON room_members (room_nid, membership, user_id) WHERE local = 1;

CREATE TABLE room_servers (
  room_nid INTEGER NOT NULL,
  server TEXT NOT NULL,
  joined INTEGER NOT NULL,
  PRIMARY KEY (room_nid, server)
) WITHOUT ROWID;
CREATE INDEX room_servers_server ON room_servers (server, room_nid);

CREATE TABLE local_memberships (
  user_id TEXT NOT NULL,
  room_nid INTEGER NOT NULL,
  membership TEXT NOT NULL,
  event_id TEXT NOT NULL,
  sender TEXT NOT NULL,
  stream_pos INTEGER NOT NULL,
  stripped_state TEXT NOT NULL,
  forgotten INTEGER NOT NULL,
  PRIMARY KEY (user_id, room_nid)
) WITHOUT ROWID;
CREATE INDEX local_memberships_stream ON local_memberships (user_id, stream_pos);

CREATE TABLE staged_txns (
  origin TEXT NOT NULL,
  txn_id TEXT NOT NULL,
  received_ts INTEGER NOT NULL,
  PRIMARY KEY (origin, txn_id)
) WITHOUT ROWID;
CREATE INDEX staged_txns_received ON staged_txns (received_ts);

CREATE TABLE staged_pdus (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  origin TEXT NOT NULL,
  room_id TEXT NOT NULL,
  received_ts INTEGER NOT NULL,
  json TEXT NOT NULL
);
CREATE INDEX staged_pdus_room ON staged_pdus (room_id, id);

-- thread_id is '' for an unthreaded receipt.
CREATE TABLE receipts (
  room_nid INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  receipt_type TEXT NOT NULL,
  thread_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  ts INTEGER NOT NULL,
  stream_pos INTEGER NOT NULL,
  PRIMARY KEY (room_nid, user_id, receipt_type, thread_id)
) WITHOUT ROWID;
CREATE INDEX receipts_stream ON receipts (room_nid, stream_pos);

CREATE TABLE client_txns (
  user_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  room_nid INTEGER NOT NULL,
  txn_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  PRIMARY KEY (user_id, device_id, room_nid, txn_id)
) WITHOUT ROWID;
CREATE INDEX client_txns_event ON client_txns (event_id, user_id, device_id);

CREATE TABLE aliases (
  alias TEXT PRIMARY KEY,
  room_nid INTEGER NOT NULL,
  creator TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX aliases_room ON aliases (room_nid);
`,
}
