import type { MatrixClient, MatrixEvent } from 'matrix-js-sdk'
import { asObject, type RawEvent } from './raw-event.ts'
import type { Entry } from './room-events.ts'
import type { RoomEvent } from './types.ts'

/** What has just arrived for notifications: a message, or that somebody asks to come into a room. */
export interface Arrival {
  readonly roomId: string
  readonly roomName: string
  /** Root of the thread that it came in. */
  readonly threadId: string | undefined
  readonly event: RoomEvent
  /** It is told with a sound. */
  readonly sound: boolean
}

/**
 * Tells of messages of others for which the push rules ask to be told (Client-Server API, "Push Rules"), and of
 * who asks to come in. The rules never tell of memberships; a request that waits for an answer is told of where
 * every message is, to those who can answer it.
 */
export function createArrivals(
  sdk: MatrixClient,
  tellsAll: (roomId: string) => 'silently' | 'with a sound' | undefined,
  convert: (roomId: string, entry: Entry) => Omit<Arrival, 'sound'>,
) {
  const me = sdk.getSafeUserId()
  const listeners = new Set<(arrival: Arrival) => void>()

  /** Whether it is told with a sound; undefined where it is not told. */
  function soundOf(roomId: string, { raw }: Entry, event: MatrixEvent): boolean | undefined {
    if (raw.state_key === undefined) {
      const actions = sdk.getPushActionsForEvent(event)
      return actions?.notify === true ? actions.tweaks.sound !== undefined : undefined
    }
    if (!isNewKnock(raw) || sdk.getRoom(roomId)?.canInvite(me) !== true) return undefined
    const how = tellsAll(roomId)
    return how === undefined ? undefined : how === 'with a sound'
  }

  return {
    announce(roomId: string, entry: Entry, event: MatrixEvent): void {
      // An edit says nothing new to somebody who was told of the message.
      if (listeners.size === 0 || entry.raw.sender === me || !entry.shown) return
      const sound = soundOf(roomId, entry, event)
      if (sound === undefined) return
      const arrival = { ...convert(roomId, entry), sound }
      for (const listener of listeners) listener(arrival)
    },
    onArrival: (listener: (arrival: Arrival) => void): (() => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Whoever asks again while they wait is told of once. */
function isNewKnock({ type, content, unsigned }: RawEvent): boolean {
  const before = asObject(unsigned?.['prev_content'])?.['membership']
  return type === 'm.room.member' && content['membership'] === 'knock' && before !== 'knock'
}
