import type { EventId, Pdu, RoomId, ServerName } from './core/types.ts'
import type { Rooms } from './rooms/api.ts'

/**
 * The rooms as other servers ask for their history, with a word to the outbox of what each was given: who was
 * told only of the latest events of a room has the others when it has fetched them.
 */
export function withServedHistory(
  rooms: Rooms,
  served: (destination: ServerName, roomId: RoomId, eventIds: readonly EventId[]) => void,
): Rooms {
  const note = (origin: ServerName, pdus: readonly Pdu[]): void => {
    const [first] = pdus
    if (first !== undefined)
      served(
        origin,
        first.roomId,
        pdus.map((pdu) => pdu.eventId),
      )
  }
  return {
    ...rooms,
    backfillForServer(origin, ...args) {
      const pdus = rooms.backfillForServer(origin, ...args)
      note(origin, pdus)
      return pdus
    },
    missingEventsForServer(origin, ...args) {
      const pdus = rooms.missingEventsForServer(origin, ...args)
      note(origin, pdus)
      return pdus
    },
    eventForServer(origin, eventId) {
      const pdu = rooms.eventForServer(origin, eventId)
      note(origin, [pdu])
      return pdu
    },
  }
}
