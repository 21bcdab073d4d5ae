import { serverNameOf } from '../../core/ids.ts'
import type { UserId } from '../../core/types.ts'
import { isObject, ownString } from '../../core/json.ts'
import type { RoomReader, StoredEvent } from '../../rooms/ports.ts'

export interface EventReader {
  readonly user: string
  readonly ts: number
  /** Their receipt is for a later event: when they read this one is not said. */
  readonly later: boolean
}

/**
 * Who has read an event, by server and by their public receipts (Client-Server API, "Receipts"): there is one
 * receipt for each person and thread, for the newest event that was read.
 */
export function readersByServer(
  rooms: Pick<RoomReader, 'getEvent' | 'receipts'>,
  event: StoredEvent,
): ReadonlyMap<string, readonly EventReader[]> {
  const place = event.timelinePos
  if (place === undefined) return new Map()
  const thread = threadOf(event)
  const readers = new Map<string, EventReader>()
  for (const { userId, receiptType, eventId, threadId, ts } of rooms.receipts(event.pdu.roomId)) {
    if (receiptType !== 'm.read' || (threadId !== undefined && threadId !== thread)) continue
    const at = eventId === event.pdu.eventId ? place : rooms.getEvent(eventId)?.timelinePos
    if (at === undefined || at < place) continue
    const known = readers.get(userId)
    if (known === undefined || ts < known.ts)
      readers.set(userId, { user: userId, ts: Math.round(ts), later: eventId !== event.pdu.eventId })
  }
  const sorted = [...readers.values()].toSorted((a, b) => a.ts - b.ts)
  return Map.groupBy(sorted, ({ user }) => serverNameOf(user as UserId))
}

function threadOf({ pdu, threadRoot }: StoredEvent): string {
  const relation = pdu.content['m.relates_to']
  const root =
    isObject(relation) && relation['rel_type'] === 'm.thread' ? ownString(relation, 'event_id') : undefined
  return root ?? threadRoot ?? 'main'
}
