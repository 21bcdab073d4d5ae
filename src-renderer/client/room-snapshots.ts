import type { MatrixClient, Room } from 'matrix-js-sdk'
import { toDetail, toSummary } from './convert.ts'
import type { Surroundings } from './people.ts'
import { derived, type Derived } from './readable.ts'
import { toFacts } from './room-facts.ts'
import type { Readable, RoomDetail, RoomEvent, RoomFacts, RoomSummary } from './types.ts'

const isHere = (room: Room): boolean => ['join', 'invite', 'knock'].includes(room.getMyMembership())

/** The list of rooms, and what is to know of each. `lastMessage` is what the list shows under its name. */
export function createRoomSnapshots(
  sdk: MatrixClient,
  around: Surroundings,
  lastMessage: (roomId: string) => RoomEvent | undefined,
) {
  const details = new Map<string, Derived<RoomDetail | undefined>>()
  const facts = new Map<string, Derived<RoomFacts | undefined>>()
  const summaries = new Map<string, RoomSummary>()

  function summaryOf(room: Room): RoomSummary {
    let summary = summaries.get(room.roomId)
    if (summary === undefined) {
      summary = toSummary(around, room, lastMessage(room.roomId))
      summaries.set(room.roomId, summary)
    }
    return summary
  }

  const list = derived<readonly RoomSummary[]>(() => sdk.getRooms().filter(isHere).map(summaryOf))

  return {
    rooms: list as Readable<readonly RoomSummary[]>,
    room: (roomId: string): Readable<RoomDetail | undefined> => {
      let entry = details.get(roomId)
      if (entry === undefined) {
        entry = derived(() => {
          const room = sdk.getRoom(roomId)
          return room === null || !isHere(room) ? undefined : toDetail(around, room, lastMessage(roomId))
        })
        details.set(roomId, entry)
      }
      return entry
    },
    /** What its settings are made of; undefined of a room that one is not in. */
    roomFacts: (roomId: string): Readable<RoomFacts | undefined> => {
      let entry = facts.get(roomId)
      if (entry === undefined) {
        entry = derived(() => {
          const room = sdk.getRoom(roomId)
          return room?.getMyMembership() === 'join' ? toFacts(around, room) : undefined
        })
        facts.set(roomId, entry)
      }
      return entry
    },
    nameOf: (roomId: string): string | undefined => {
      const room = sdk.getRoom(roomId)
      return room === null ? undefined : summaryOf(room).name
    },
    invalidate(roomId: string): void {
      summaries.delete(roomId)
      list.invalidate()
      details.get(roomId)?.invalidate()
      facts.get(roomId)?.invalidate()
    },
    /** Who writes just now is no part of the list. */
    typingChanged: (roomId: string): void => {
      details.get(roomId)?.invalidate()
    },
  }
}
