import type { MatrixClient, MatrixEvent } from 'matrix-js-sdk'
import type { Entry } from './room-events.ts'
import type { RoomEvent } from './types.ts'

/** A message that has just arrived, for notifications. */
export interface Arrival {
  readonly roomId: string
  readonly roomName: string
  /** Root of the thread that it came in. */
  readonly threadId: string | undefined
  readonly event: RoomEvent
  /** A push rule asks for a sound. */
  readonly sound: boolean
}

/** Tells of messages of others for which the push rules ask to be told (Client-Server API, "Push Rules"). */
export function createArrivals(
  sdk: MatrixClient,
  convert: (roomId: string, entry: Entry) => Omit<Arrival, 'sound'>,
) {
  const me = sdk.getSafeUserId()
  const listeners = new Set<(arrival: Arrival) => void>()
  return {
    announce(roomId: string, entry: Entry, event: MatrixEvent): void {
      // An edit says nothing new to somebody who was told of the message.
      if (
        listeners.size === 0 ||
        entry.raw.sender === me ||
        !entry.shown ||
        entry.raw.state_key !== undefined
      )
        return
      const actions = sdk.getPushActionsForEvent(event)
      if (actions?.notify !== true) return
      const arrival = { ...convert(roomId, entry), sound: actions.tweaks.sound !== undefined }
      for (const listener of listeners) listener(arrival)
    },
    onArrival: (listener: (arrival: Arrival) => void): (() => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
