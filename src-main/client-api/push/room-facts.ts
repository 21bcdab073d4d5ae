import type { JsonObject, RoomId, UserId } from '../../core/types.ts'
import type { RoomReader, StateGroupId } from '../../rooms/ports.ts'
import type { RoomFacts } from './evaluate.ts'

const MAX_ROOMS = 5_000

/** Counting a large room's members for every message would cost; they change only with the state. */
export function createMemberCounts(reader: RoomReader): (roomId: RoomId) => number {
  const counts = new Map<RoomId, { group: StateGroupId; count: number }>()
  return (roomId) => {
    const group = reader.getRoom(roomId)?.currentState ?? 0
    const known = counts.get(roomId)
    if (known?.group === group) return known.count
    const count = reader.members(roomId, 'join').length
    if (counts.size >= MAX_ROOMS) counts.clear()
    counts.set(roomId, { group, count })
    return count
  }
}

export function factsOf(
  reader: RoomReader,
  user: UserId,
  roomId: RoomId,
  joinedMembers: (roomId: RoomId) => number,
): RoomFacts {
  const content = (type: string): JsonObject | undefined =>
    reader.currentStateEvent(roomId, type, '')?.pdu.content
  return {
    joinedMembers: () => joinedMembers(roomId),
    displayName: () => reader.member(roomId, user)?.displayName,
    powerLevels: () => content('m.room.power_levels'),
    isCreator(sender) {
      const room = reader.getRoom(roomId)
      if (room === undefined || room.version !== '12') return false
      const create = reader.currentStateEvent(roomId, 'm.room.create', '')?.pdu
      const others = create?.content['additional_creators']
      return create?.sender === sender || (Array.isArray(others) && others.includes(sender))
    },
  }
}
