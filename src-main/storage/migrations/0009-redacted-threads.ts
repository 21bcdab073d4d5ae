import type { Migration } from './index.ts'

/**
 * A redacted event has lost what says that it was in a thread; what clients draw in its place belongs there
 * still. Of events that were redacted before, it is not known any more.
 */
export const redactedThreads: Migration = {
  id: 9,
  name: 'redacted threads',
  sql: 'ALTER TABLE events ADD COLUMN thread_root TEXT;',
}
