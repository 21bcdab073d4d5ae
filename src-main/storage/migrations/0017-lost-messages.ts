import type { Migration } from './index.ts'

/** Messages between devices that could not be kept, for the owner to know: for another server, or for a device here. */
export const lostMessages: Migration = {
  id: 17,
  name: 'lost messages',
  sql: `
CREATE TABLE lost_to_device (
  server TEXT NOT NULL DEFAULT '',
  user_id TEXT NOT NULL DEFAULT '',
  device_id TEXT NOT NULL DEFAULT '',
  messages INTEGER NOT NULL,
  last_ts INTEGER NOT NULL,
  PRIMARY KEY (server, user_id, device_id)
) STRICT;
`,
}
