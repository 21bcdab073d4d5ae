import type { Delivery, Readable } from './types.ts'
import { writable } from './readable.ts'

/** The verbs of a conversation that are being built; each moves to a file of its own. */
export const conversationStub = {
  /** Undefined while it is not known (or the event is not one's own). */
  delivery: (_roomId: string, _eventId: string): Readable<readonly Delivery[] | undefined> =>
    writable(undefined),
}
