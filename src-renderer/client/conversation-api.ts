import type { MatrixClient } from 'matrix-js-sdk'
import { createArrivals } from './arrivals.ts'
import { cancellableWait, newTxnId, type BrowserParts } from './browser-parts.ts'
import { createDeliveries } from './delivery.ts'
import { createEvents } from './events.ts'
import { createFiles } from './files.ts'
import { createLeftRooms } from './left-rooms.ts'
import { serverOf } from './names.ts'
import { createOutbox } from './outbox.ts'
import type { Surroundings } from './people.ts'
import { createPersonApi } from './person-api.ts'
import { createPolls } from './polls.ts'
import type { RawEvent } from './raw-event.ts'
import { createReading } from './reading.ts'
import { createRoomSnapshots } from './room-snapshots.ts'
import { createSearch } from './search.ts'
import { createSending, sendToNode } from './sending.ts'
import { createThreadLists } from './thread-lists.ts'
import { createTimelineApi } from './timeline-api.ts'
import { createTimelines, type Timelines } from './timelines.ts'
import type { OutgoingFile, OutgoingMessage, RoomEvent, SendTarget, Session } from './types.ts'
import { createUploadLimit } from './upload-limit.ts'
import { createUploads } from './uploads.ts'

/** Something that the node would not do, and that is not shown anywhere. */
export interface Refusal {
  readonly roomId: string
  readonly error: string
}

interface ConversationDeps {
  readonly sdk: MatrixClient
  readonly session: Session
  readonly around: Surroundings
  readonly browser: BrowserParts
  readonly isReady: () => boolean
  /** How a room tells of everything in it; undefined where it does not. */
  readonly tellsAll: (roomId: string) => 'silently' | 'with a sound' | undefined
}

/** Rooms and what is said in them: puts the parts together. `verbs` are what the interface calls. */
export function createConversationApi({
  sdk,
  session,
  around,
  browser,
  isReady,
  tellsAll,
}: ConversationDeps) {
  const { userId } = session
  const refusalListeners = new Set<(refusal: Refusal) => void>()

  const outbox = createOutbox({
    send: (item) => sendToNode(sdk, item),
    storage: browser.storage,
    storageKey: `hearth.outbox.${userId}`,
    onChange: (roomId) => {
      timelines.outboxChanged(roomId)
      touch(roomId)
    },
    bytesLeft: (txnId) => uploads.bytesLeft(txnId),
    onRefused: (item, error) => {
      for (const listener of refusalListeners) listener({ roomId: item.roomId, error })
    },
    now: () => Date.now(),
    newTxnId,
    wait: cancellableWait,
  })
  const api = createTimelineApi(sdk)
  const timelines: Timelines = createTimelines({
    sdk,
    api,
    around,
    outbox: () => outbox,
    isReady,
    touch,
    onLive: (roomId, entry, event) => {
      files.onLive(roomId, entry)
      if (isReady()) arrivals.announce(roomId, entry, event)
    },
    onThread: (roomId, rootId) => threadLists.onThread(roomId, rootId),
  })

  function lastMessage(roomId: string): RoomEvent | undefined {
    const model = timelines.model(roomId)
    const { entries } = model.live().list
    const last = entries.findLast(
      ({ shown, raw }) => shown && raw.state_key === undefined && !sdk.isUserIgnored(raw.sender),
    )
    return last === undefined ? undefined : model.convert(last)
  }

  const snapshots = createRoomSnapshots(sdk, around, lastMessage)
  const events = createEvents(api, timelines)
  const threadLists = createThreadLists(api, timelines)
  const files = createFiles(api, timelines)
  const reading = createReading(sdk, timelines, browser.storage)
  const arrivals = createArrivals(sdk, tellsAll, (roomId, entry) => ({
    roomId,
    roomName: snapshots.nameOf(roomId) ?? '',
    threadId: entry.threadId,
    event: timelines.model(roomId).convert(entry),
  }))
  const sending = createSending({
    outbox,
    me: userId,
    current: (roomId, eventId) => timelines.model(roomId).current(eventId),
    latestInThread: (roomId, rootId) => {
      const model = timelines.model(roomId)
      return model.latest(rootId)?.id ?? model.events.thread(rootId)?.latestId ?? rootId
    },
  })
  const limit = createUploadLimit(sdk)
  const uploads = createUploads({
    outbox,
    newId: newTxnId,
    store: browser.uploadStore,
    transport: browser.uploadTransport,
    readInfo: browser.readFileInfo,
    limit: limit.uploadLimit,
    relates: sending.relates,
  })
  const deliveries = createDeliveries(session, (roomId, serverName) =>
    (sdk.getRoom(roomId)?.getJoinedMembers() ?? [])
      .filter((member) => serverOf(member.userId) === serverName)
      .map((member) => timelines.model(roomId).people.person(member.userId)),
  )

  /** Something of this room changed: what is shown of it is made anew when it is asked for. */
  function touch(roomId: string): void {
    for (const each of [snapshots, timelines, events, threadLists, files]) each.invalidate(roomId)
  }

  /** An event that is in no timeline. */
  function convert(roomId: string, raw: RawEvent): RoomEvent {
    const model = timelines.model(roomId)
    return model.convert(model.events.take(raw))
  }

  /** Whoever has jumped into the past sees what they write: the room's timeline is at its end again. */
  function toEnd(roomId: string, target: SendTarget | undefined): void {
    if (target?.threadId === undefined) timelines.leaveFocus(roomId)
  }

  return {
    timelines,
    touch,
    touchAll: (): void => {
      timelines.everybodyChanged()
      for (const room of sdk.getRooms()) touch(room.roomId)
    },
    typingChanged: snapshots.typingChanged,
    async restore(): Promise<void> {
      await uploads
        .restoreUploads()
        .catch((error: unknown) => console.warn('Files that waited could not be taken up again', error))
    },
    /** At the start, and whenever the connection is back. */
    connected(): void {
      for (const each of [timelines, events, threadLists]) each.reconnected()
      for (const each of [outbox, uploads, deliveries]) each.wake()
    },
    stop(): void {
      for (const each of [outbox, uploads, deliveries]) each.stop()
    },

    verbs: {
      rooms: snapshots.rooms,
      room: snapshots.room,
      roomFacts: snapshots.roomFacts,
      ...sending,
      sendMessage: (roomId: string, message: OutgoingMessage, target?: SendTarget): void => {
        sending.sendMessage(roomId, message, target)
        toEnd(roomId, target)
      },
      sendEvent: (
        roomId: string,
        type: string,
        content: Record<string, unknown>,
        target?: SendTarget,
      ): void => {
        sending.sendEvent(roomId, type, content, target)
        toEnd(roomId, target)
      },
      ...createPersonApi(sdk, around),
      ...createSearch(sdk, convert, snapshots.nameOf),
      ...createLeftRooms(sdk, around, api, convert),
      ...createPolls(sdk, (roomId, content, type) => outbox.add(roomId, content, { type })),
      timeline: timelines.timeline,
      thread: timelines.thread,
      loadOlder: timelines.loadOlder,
      loadNewer: timelines.loadNewer,
      focusEvent: timelines.focusEvent,
      focusDate: timelines.focusDate,
      leaveFocus: timelines.leaveFocus,
      threads: threadLists.threads,
      loadMoreThreads: threadLists.loadMoreThreads,
      delivery: deliveries.delivery,
      ...limit,
      sendFiles: (roomId: string, outgoing: readonly OutgoingFile[], target?: SendTarget): void => {
        uploads.sendFiles(roomId, outgoing, target)
        toEnd(roomId, target)
      },
      uploads: uploads.uploads,
      cancelUpload: uploads.cancelUpload,
      retryUpload: uploads.retryUpload,
      files: files.files,
      loadMoreFiles: files.loadMoreFiles,
      loadEvent: events.loadEvent,
      event: events.event,
      versions: events.versions,
      eventSource: events.eventSource,
      markRead: reading.markRead,
      setMarkedUnread: reading.setMarkedUnread,
      markUnreadFrom: reading.markUnreadFrom,
      setTyping: async (roomId: string, typing: boolean): Promise<void> => {
        await sdk.sendTyping(roomId, typing, 20_000)
      },
      onArrival: arrivals.onArrival,
      /** The node refused a reaction or a deletion, which is not shown any more: `error` is a sentence. */
      onRefused: (listener: (refusal: Refusal) => void): (() => void) => {
        refusalListeners.add(listener)
        return () => refusalListeners.delete(listener)
      },
    },
  }
}
