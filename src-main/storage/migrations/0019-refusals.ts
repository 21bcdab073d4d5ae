import type { Migration } from './index.ts'

/** Who gave an event, and a bounded trace of those that were refused, or not kept at all. */
export const refusals: Migration = {
  id: 19,
  name: 'refusals',
  sql: `
ALTER TABLE events ADD COLUMN received_from TEXT;

CREATE TABLE refusals (
  id INTEGER PRIMARY KEY,
  -- Of the last time, and of the first.
  ts INTEGER NOT NULL,
  first_ts INTEGER NOT NULL,
  count INTEGER NOT NULL DEFAULT 1,
  outcome TEXT NOT NULL,
  cause TEXT NOT NULL,
  reason TEXT NOT NULL,
  rule TEXT,
  -- Event ids, as a JSON array.
  looked_at TEXT NOT NULL DEFAULT '[]',
  event_id TEXT,
  room_id TEXT,
  sender TEXT,
  type TEXT,
  -- The server that gave it.
  origin TEXT,
  -- As it came, where the event is not stored so.
  json TEXT
) STRICT;
CREATE UNIQUE INDEX refusals_event ON refusals (event_id, outcome) WHERE event_id IS NOT NULL;
CREATE INDEX refusals_origin ON refusals (origin, id);
CREATE INDEX refusals_room ON refusals (room_id, id);

-- What was refused before.
INSERT INTO refusals (ts, first_ts, outcome, cause, reason, rule, event_id, room_id, sender, type)
  SELECT received_ts, received_ts, iif(status = 1, 'soft-failed', 'rejected'),
    CASE
      WHEN reason LIKE 'settings:%' THEN 'denied-server'
      WHEN reason LIKE 'policy server:%' THEN 'policy-server'
      WHEN status = 1 THEN 'current-state'
      ELSE 'auth-events'
    END,
    coalesce(reason, ''),
    iif(reason LIKE 'v% auth rule %: %', substr(reason, 1, instr(reason, ': ') - 1), NULL),
    event_id, room_id, sender, type
  FROM (
    SELECT e.nid, e.received_ts, e.status, e.reason, e.event_id, r.room_id, e.sender, e.type
    FROM events e JOIN room_ids r ON r.nid = e.room_nid
    WHERE e.status IN (1, 2) ORDER BY e.nid DESC LIMIT 2000
  ) ORDER BY nid;
`,
}
