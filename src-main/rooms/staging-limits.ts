import type { RoomId, ServerName } from '../core/types.ts'
import { RoomError } from './api.ts'
import type { RoomsContext } from './context.ts'

/** PDUs of one room that may wait, of one server that is in it, and of all others together. */
const MAX_STAGED_OF_MEMBER = 1_000
export const MAX_STAGED_OF_OUTSIDERS = 200
const RETRY_AFTER_MS = 3_000

/**
 * Takes no more from a server than can be worked off: it keeps what it cannot deliver yet, so nothing is
 * lost, and our disk is not its queue. Throws `RoomError` 429.
 */
export function checkStagedRoom(ctx: RoomsContext, origin: ServerName, rooms: Iterable<RoomId>): void {
  for (const roomId of rooms) {
    const waiting = ctx.store.stagedCounts(roomId)
    if (waiting.size === 0) continue
    const members = new Set(ctx.store.joinedServers(roomId))
    // Who is in a room that is being joined is not known yet.
    const isMember = (server: ServerName): boolean => ctx.joining.has(roomId) || members.has(server)
    let count = 0
    if (isMember(origin)) count = waiting.get(origin) ?? 0
    else for (const [server, staged] of waiting) if (!isMember(server)) count += staged
    if (count < (isMember(origin) ? MAX_STAGED_OF_MEMBER : MAX_STAGED_OF_OUTSIDERS)) continue
    throw new RoomError(429, 'M_LIMIT_EXCEEDED', 'Earlier events of this room have to be decided first.', {
      retry_after_ms: RETRY_AFTER_MS,
    })
  }
}
