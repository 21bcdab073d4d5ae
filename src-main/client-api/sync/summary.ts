import type { JsonObject, RoomId, UserId } from '../../core/types.ts'
import type { RoomReader } from '../../rooms/ports.ts'

const HEROES = 5

/** `summary` of a joined room, and its heroes (Client-Server API, "Syncing", RoomSummary). */
export function summaryOf(
  reader: RoomReader,
  roomId: RoomId,
  user: UserId,
): { summary: JsonObject; heroes: UserId[] } {
  const { joined, invited, heroes } = reader.memberSummary(roomId, user, HEROES)
  return {
    summary: { 'm.heroes': heroes, 'm.joined_member_count': joined, 'm.invited_member_count': invited },
    heroes,
  }
}
