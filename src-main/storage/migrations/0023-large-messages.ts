import type { Migration } from './index.ts'

/** To-device messages of more than 4 KiB are counted apart: they have a bound of their own. */
export const largeMessages: Migration = {
  id: 23,
  name: 'large messages',
  sql: `
CREATE INDEX to_device_large ON to_device (user_id, device_id) WHERE length(json) > 4096;
`,
}
