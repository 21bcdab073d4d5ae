import { stateKeyOf, type EventId, type RoomId, type UserId } from '../../core/types.ts'
import type { RoomReader, StoredEvent, TimelinePos } from '../../rooms/ports.ts'
import { threadOf } from './relation.ts'

/** More changes of a name are not followed back. */
const MAX_RENAMES = 200

/** How far a user has read a room, by receipts of either kind (Client-Server API, "Threaded read receipts"). */
export interface ReadPositions {
  /** Everything at or below is read. */
  readonly all: TimelinePos
  readonly threads: ReadonlyMap<string, TimelinePos>
  /** Nothing below needs a look. */
  readonly floor: TimelinePos
}

export function readPositions(reader: RoomReader, user: UserId, roomId: RoomId): ReadPositions {
  // What happened before the user was in the room was never unread.
  let all = joinedAt(reader, user, roomId) ?? -Infinity
  const threads = new Map<string, TimelinePos>()
  for (const receipt of reader.receiptsOf(roomId, user)) {
    const pos = posOf(reader, receipt.eventId)
    if (pos === undefined) continue
    if (receipt.threadId === undefined) all = Math.max(all, pos)
    else threads.set(receipt.threadId, Math.max(pos, threads.get(receipt.threadId) ?? -Infinity))
  }
  return { all, threads, floor: all === -Infinity ? Number.MIN_SAFE_INTEGER : all }
}

/** Where the user came in; a new name or picture is a membership event too. */
function joinedAt(reader: RoomReader, user: UserId, roomId: RoomId): TimelinePos | undefined {
  let id = reader.localMembership(user, roomId)?.eventId
  let at: TimelinePos | undefined
  for (let step = 0; step < MAX_RENAMES && id !== undefined; step++) {
    const event = reader.getEvent(id)
    if (event?.pdu.content['membership'] !== 'join') break
    at = event.timelinePos ?? at
    if (event.stateBefore === undefined) break
    id = reader.stateMap(event.stateBefore).get(stateKeyOf('m.room.member', user))
  }
  return at
}

export const posOf = (reader: RoomReader, id: EventId): TimelinePos | undefined =>
  reader.getEvent(id)?.timelinePos

export function isRead(reader: RoomReader, read: ReadPositions, event: StoredEvent): boolean {
  const at = event.timelinePos ?? 0
  return at <= read.all || at <= (read.threads.get(threadOf(reader, event.pdu)) ?? -Infinity)
}
