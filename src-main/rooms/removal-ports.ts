import type { EventId, Pdu, RoomId, UserId } from '../core/types.ts'
import type { TimelinePos } from './ports.ts'

/** A user's wish to be out of a room, and to have nothing of it left here. */
export interface Removal {
  readonly userId: UserId
  readonly roomId: RoomId
  /** What the user said there is redacted first. */
  readonly redact: boolean
}

export interface RemovalStore {
  removals(): Removal[]
  putRemoval(removal: Removal): void
  deleteRemoval(userId: UserId, roomId: RoomId): void
  /** What the user said in the timeline after `after`, and can be redacted; `at` goes on from there. */
  saidBy(
    userId: UserId,
    roomId: RoomId,
    after: TimelinePos | undefined,
    limit: number,
  ): { eventId: EventId; at: TimelinePos }[]
  /** Whether a local user who does not wish its removal has the room in a list. */
  isWanted(roomId: RoomId): boolean
  /** Of any status. */
  storedEvents(roomId: RoomId): number
  /**
   * Removes up to `limit` events of a room that nobody here is in, then all the rest of it; not what other
   * servers still have to get. `done` when nothing but that is left.
   */
  purgeRoom(roomId: RoomId, limit: number): { removed: Pdu[]; done: boolean }
}
