import type { Delivery, OutgoingFile, Readable, SendTarget, Upload } from './types.ts'
import { writable } from './readable.ts'

const later = (): never => {
  throw new Error('This is being built')
}

/** The verbs of a conversation that are being built; each moves to a file of its own. */
export const conversationStub = {
  /** Stages each file as one message; kept over a reload, sent in order with the other messages of the room. */
  sendFiles: (_roomId: string, _files: readonly OutgoingFile[], _target?: SendTarget): void => later(),
  uploads: (_roomId: string): Readable<readonly Upload[]> => writable([]),
  cancelUpload: (_id: string): void => later(),
  retryUpload: (_id: string): void => later(),
  /** Undefined while it is not known (or the event is not one's own). */
  delivery: (_roomId: string, _eventId: string): Readable<readonly Delivery[] | undefined> =>
    writable(undefined),
}
