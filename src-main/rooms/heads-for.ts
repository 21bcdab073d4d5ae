import type { EventId, RoomId, ServerName } from '../core/types.ts'
import type { RoomReader } from './ports.ts'

const MAX_HEADS = 10

/**
 * What a server that was away for long is sent of a room: its latest known events, whoever wrote them, and
 * the newest that this server owes it; all that lies before follows from them (`/get_missing_events`,
 * `/backfill`). A server that is not in the room any more learns why, and nothing of what came after. Of a room
 * that this server has left it cannot be asked for anything, so it sends `all`.
 */
export function headsFor(
  store: RoomReader,
  destination: ServerName,
  roomId: RoomId,
  last: EventId,
): EventId[] | 'all' {
  if (store.getRoom(roomId)?.participating !== true) return 'all'
  if (!store.joinedServers(roomId).includes(destination)) return [last]
  const ends = store
    .forwardExtremities(roomId)
    .slice(0, MAX_HEADS)
    .map(({ eventId }) => eventId)
  // Where the room's end is history that clients are not shown (a merge of ends), so much is still news.
  return ends.length === 0 ? [last] : ends
}
