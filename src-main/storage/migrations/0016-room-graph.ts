import type { Migration } from './index.ts'

/** The events of a room by their place in its graph, and how many there are of each status. */
export const roomGraph: Migration = {
  id: 16,
  name: 'room graph',
  sql: 'CREATE INDEX events_graph ON events (room_nid, depth, status);',
}
