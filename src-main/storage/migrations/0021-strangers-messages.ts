import type { Migration } from './index.ts'

/** To-device messages of servers that share no room with their recipient are counted apart: they have a bound of their own. */
export const strangersMessages: Migration = {
  id: 21,
  name: 'messages of strangers',
  sql: `
ALTER TABLE to_device ADD COLUMN stranger INTEGER NOT NULL DEFAULT 0;
CREATE INDEX to_device_of_strangers ON to_device (user_id, device_id) WHERE stranger = 1;
`,
}
