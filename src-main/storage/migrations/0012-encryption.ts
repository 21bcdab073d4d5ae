import type { Migration } from './index.ts'

/** What encryption needs besides local keys: devices of people elsewhere, signatures, to-device ids, key backups. */
export const encryptionMigration: Migration = {
  id: 12,
  name: 'encryption',
  sql: `
-- Devices of users of other servers, for as long as a room is shared with them.
CREATE TABLE remote_device_lists (
  user_id TEXT PRIMARY KEY,
  -- Of the last update or answer that told one.
  stream_id INTEGER,
  -- Updates were missed: what is here is old, and is fetched again.
  stale INTEGER NOT NULL,
  master_key TEXT,
  self_signing_key TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX remote_device_lists_stale ON remote_device_lists (user_id) WHERE stale = 1;
CREATE TABLE remote_devices (
  user_id TEXT NOT NULL REFERENCES remote_device_lists (user_id) ON DELETE CASCADE,
  device_id TEXT NOT NULL,
  keys TEXT NOT NULL,
  display_name TEXT,
  PRIMARY KEY (user_id, device_id)
) STRICT, WITHOUT ROWID;

-- A server tells of its users' devices only while a room is shared, so that nothing older may be kept:
-- in whatever way a room ceases to be shared, the lists go in the same transaction.
CREATE TRIGGER device_list_of_leaver AFTER INSERT ON room_members WHEN NEW.local = 0 AND NEW.membership <> 'join'
BEGIN
  DELETE FROM remote_device_lists WHERE user_id = NEW.user_id AND NOT EXISTS (
    SELECT 1 FROM room_members m JOIN rooms r ON r.room_nid = m.room_nid
    WHERE m.user_id = NEW.user_id AND m.membership = 'join' AND r.participating = 1);
END;
CREATE TRIGGER device_list_of_lost_member AFTER DELETE ON room_members WHEN OLD.local = 0
BEGIN
  DELETE FROM remote_device_lists WHERE user_id = OLD.user_id AND NOT EXISTS (
    SELECT 1 FROM room_members m JOIN rooms r ON r.room_nid = m.room_nid
    WHERE m.user_id = OLD.user_id AND m.membership = 'join' AND r.participating = 1);
END;
CREATE TRIGGER device_lists_of_left_room AFTER UPDATE OF participating ON rooms WHEN NEW.participating = 0
BEGIN
  DELETE FROM remote_device_lists
  WHERE user_id IN (SELECT user_id FROM room_members WHERE room_nid = NEW.room_nid AND membership = 'join')
    AND NOT EXISTS (
      SELECT 1 FROM room_members m JOIN rooms r ON r.room_nid = m.room_nid
      WHERE m.user_id = remote_device_lists.user_id AND m.membership = 'join' AND r.participating = 1);
END;

-- The last stream_id with which other servers were told of a local user's devices.
CREATE TABLE local_device_streams (user_id TEXT PRIMARY KEY, stream_id INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- To-device messages of other servers that were delivered, so that none is delivered twice.
CREATE TABLE to_device_received (
  origin TEXT NOT NULL,
  message_id TEXT NOT NULL,
  received_ts INTEGER NOT NULL,
  PRIMARY KEY (origin, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX to_device_received_ts ON to_device_received (received_ts);

-- What a local user signed of other people's master keys; for the signer's eyes only.
CREATE TABLE key_signatures (
  signer TEXT NOT NULL,
  target TEXT NOT NULL,
  key_id TEXT NOT NULL,
  signature_id TEXT NOT NULL,
  signature TEXT NOT NULL,
  PRIMARY KEY (signer, target, key_id, signature_id)
) STRICT, WITHOUT ROWID;

-- Keys are handed out in the order of their upload; one that was handed out is remembered for a while,
-- as a client that did not hear of its upload's success uploads it again.
ALTER TABLE one_time_keys ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE one_time_keys ADD COLUMN claimed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX one_time_keys_order ON one_time_keys (user_id, device_id, algorithm, claimed, seq);

CREATE TABLE key_backups (
  user_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  algorithm TEXT NOT NULL,
  auth_data TEXT NOT NULL,
  etag INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE key_backup_sessions (
  user_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  room_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  first_message_index INTEGER NOT NULL,
  forwarded_count INTEGER NOT NULL,
  is_verified INTEGER NOT NULL,
  session_data TEXT NOT NULL,
  PRIMARY KEY (user_id, version, room_id, session_id)
) STRICT, WITHOUT ROWID;
`,
}
