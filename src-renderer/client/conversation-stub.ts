import type {
  Delivery,
  FileList,
  OutgoingFile,
  OutgoingMessage,
  Person,
  Readable,
  RoomEvent,
  SendTarget,
  ThreadList,
  TimelineSnapshot,
  Upload,
} from './types.ts'
import { writable } from './readable.ts'

const later = (): never => {
  throw new Error('This is being built')
}
const never = (): Promise<never> => Promise.reject(new Error('This is being built'))

/** The verbs of a conversation that are being built; each moves to a file of its own. */
export const conversationStub = {
  // --- Writing (each is kept, shown at once, and sent in order when the node is there)
  sendMessage: (_roomId: string, _message: OutgoingMessage, _target?: SendTarget): void => later(),
  /** Replaces what an own message says. */
  editMessage: (_roomId: string, _event: RoomEvent, _message: OutgoingMessage): void => later(),
  /** Gives a reaction, or takes one's own with this key back. */
  toggleReaction: (_roomId: string, _event: RoomEvent, _key: string): void => later(),
  /** Any other event type; `m.relates_to` is added for the target. */
  sendEvent: (
    _roomId: string,
    _type: string,
    _content: Record<string, unknown>,
    _target?: SendTarget,
  ): void => later(),
  /** Sends what a message says to another room, without its relations; files are not uploaded again. */
  forward: (_toRoomId: string, _event: RoomEvent): void => later(),
  setPinned: (_roomId: string, _eventId: string, _pinned: boolean): Promise<void> => never(),

  // --- Files
  /** Stages each file as one message; kept over a reload, sent in order with the other messages of the room. */
  sendFiles: (_roomId: string, _files: readonly OutgoingFile[], _target?: SendTarget): void => later(),
  uploads: (_roomId: string): Readable<readonly Upload[]> => writable([]),
  cancelUpload: (_id: string): void => later(),
  retryUpload: (_id: string): void => later(),
  /** Messages with files of a room. */
  files: (_roomId: string): Readable<FileList> =>
    writable<FileList>({ events: [], status: 'loading', canLoadMore: false }),
  loadMoreFiles: (_roomId: string): Promise<void> => never(),

  // --- Reading
  /** One thread; like `timeline`. */
  thread: (_roomId: string, _rootId: string): Readable<TimelineSnapshot | undefined> => writable(undefined),
  threads: (_roomId: string): Readable<ThreadList> =>
    writable<ThreadList>({ roots: [], status: 'loading', canLoadMore: false }),
  loadMoreThreads: (_roomId: string): Promise<void> => never(),
  /** Makes `timeline(roomId)` show the events around this one, loaded when they are not here. */
  focusEvent: (_roomId: string, _eventId: string): Promise<void> => never(),
  /** The same for the first event at or after a moment; resolves to its id. */
  focusDate: (_roomId: string, _ts: number): Promise<string> => never(),
  /** Back to the newest events. */
  leaveFocus: (_roomId: string): void => later(),
  loadNewer: (_roomId: string): Promise<void> => never(),
  /** One event, from the timeline or loaded; undefined where it cannot be had. */
  loadEvent: (_roomId: string, _eventId: string): Promise<RoomEvent | undefined> => never(),
  /** The same, kept up to date; for quotes. */
  event: (_roomId: string, _eventId: string): Readable<RoomEvent | 'loading' | 'missing'> =>
    writable<RoomEvent | 'loading' | 'missing'>('loading'),
  /** What a message said over time, oldest first, the original included. */
  versions: (_roomId: string, _eventId: string): Promise<readonly RoomEvent[]> => never(),
  /** The event as the server tells it. */
  eventSource: (_roomId: string, _eventId: string): Promise<Readonly<Record<string, unknown>>> => never(),
  /** By hand; reading the room takes it back. */
  setMarkedUnread: (_roomId: string, _unread: boolean): Promise<void> => never(),
  /** Undefined while it is not known (or the event is not one's own). */
  delivery: (_roomId: string, _eventId: string): Readable<readonly Delivery[] | undefined> =>
    writable(undefined),

  // --- People
  isMember: (_roomId: string, _userId: string): boolean => later(),
  /** As some room knows them, else by their id. */
  personOf: (_userId: string): Person => later(),
  /** As their own server says. */
  lookUpPerson: (_userId: string): Promise<Person> => never(),
  kick: (_roomId: string, _userId: string, _reason?: string): Promise<void> => never(),
  ban: (_roomId: string, _userId: string, _reason?: string): Promise<void> => never(),
  unban: (_roomId: string, _userId: string): Promise<void> => never(),
  /** The own name in this room only. */
  setRoomNick: (_roomId: string, _name: string): Promise<void> => never(),
}
