import type { JsonObject, RoomId, UserId } from '../../core/types.ts'
import type { RoomReader } from '../../rooms/ports.ts'

const HEROES = 5

/** `summary` of a joined room, and its heroes (Client-Server API, "Syncing", RoomSummary). */
export function summaryOf(
  reader: RoomReader,
  roomId: RoomId,
  user: UserId,
): { summary: JsonObject; heroes: UserId[] } {
  const members = reader.members(roomId)
  let joined = 0
  let invited = 0
  const present: UserId[] = []
  const gone: UserId[] = []
  for (const { userId, membership } of members) {
    if (membership === 'join') joined++
    if (membership === 'invite') invited++
    if (userId === user) continue
    if (membership === 'join' || membership === 'invite') {
      if (present.length < HEROES) present.push(userId)
    } else if (membership !== 'knock' && gone.length < HEROES) gone.push(userId)
  }
  const heroes = present.length > 0 ? present : gone
  return {
    summary: { 'm.heroes': heroes, 'm.joined_member_count': joined, 'm.invited_member_count': invited },
    heroes,
  }
}
