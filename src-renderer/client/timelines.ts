import { EventTimeline, RoomEvent as SdkRoomEvent, type MatrixClient, type MatrixEvent } from 'matrix-js-sdk'
import type { Outbox } from './outbox.ts'
import { createPaging, FIRST } from './paging.ts'
import type { Surroundings } from './people.ts'
import { parseEvent } from './raw-event.ts'
import { derived, type Derived } from './readable.ts'
import { createRoomModel, type RoomModel } from './room-model.ts'
import type { Entry } from './room-events.ts'
import type { TimelineApi } from './timeline-api.ts'
import type { Readable, TimelineSnapshot } from './types.ts'

interface TimelinesDeps {
  readonly sdk: MatrixClient
  readonly api: TimelineApi
  readonly around: Surroundings
  readonly outbox: () => Outbox
  /** The first sync is done: what comes now is new. */
  readonly isReady: () => boolean
  /** Something of this room's events changed. */
  readonly touch: (roomId: string) => void
  /** An event has come by the sync. */
  readonly onLive: (roomId: string, entry: Entry, event: MatrixEvent) => void
  readonly onThread: (roomId: string, rootId: string) => void
}

/** The timelines of all rooms and threads, fed by the sync and by what is loaded on demand. */
export function createTimelines(deps: TimelinesDeps) {
  const { sdk, api } = deps
  const models = new Map<string, RoomModel>()
  const timelines = new Map<string, Derived<TimelineSnapshot | undefined>>()
  /** Room id -> root -> what is shown of the thread. */
  const threads = new Map<string, Map<string, Derived<TimelineSnapshot | undefined>>>()
  const paging = createPaging(api, (model) => invalidate(model.roomId))

  function model(roomId: string): RoomModel {
    let found = models.get(roomId)
    if (found === undefined) {
      found = createRoomModel({
        sdk,
        roomId,
        around: deps.around,
        outbox: deps.outbox,
        onThread: (rootId) => refreshRoot(roomId, rootId),
      })
      models.set(roomId, found)
      found.outboxChanged()
    }
    return found
  }

  function invalidate(roomId: string): void {
    timelines.get(roomId)?.invalidate()
    for (const thread of threads.get(roomId)?.values() ?? []) thread.invalidate()
  }

  // --- Threads: what their roots tell of them is the server's count -----------------------------------------

  const refreshing = new Map<string, boolean>()

  function refreshRoot(roomId: string, rootId: string): void {
    if (!deps.isReady()) return
    if (refreshing.has(rootId)) {
      refreshing.set(rootId, true)
      return
    }
    refreshing.set(rootId, false)
    loadRoot(roomId, rootId)
      .catch((error: unknown) => console.warn('A thread could not be counted', error))
      .finally(() => {
        const again = refreshing.get(rootId)
        refreshing.delete(rootId)
        if (again === true) refreshRoot(roomId, rootId)
      })
  }

  async function loadRoot(roomId: string, rootId: string): Promise<void> {
    const raw = parseEvent(await api.event(roomId, rootId))
    if (raw === undefined) return
    model(roomId).events.takeAnew(raw)
    deps.onThread(roomId, rootId)
    deps.touch(roomId)
  }

  function openThread(roomId: string, rootId: string): void {
    const room = model(roomId)
    const root = room.events.get(rootId) === undefined ? loadRoot(roomId, rootId) : Promise.resolve()
    Promise.all([root, paging.openThread(room, rootId)])
      .then(() => invalidate(roomId))
      .catch((error: unknown) => {
        console.warn('A thread could not be loaded', error)
        // It is tried again when somebody looks, or when the connection is back.
        if (room.threads.get(rootId)?.older === FIRST) room.threads.delete(rootId)
      })
  }

  function fillGap(room: RoomModel): void {
    paging
      .fillGap(room)
      .catch((error: unknown) => console.warn('What came meanwhile could not all be loaded', error))
  }

  // --- What the SDK tells ----------------------------------------------------------------------------------

  sdk.on(SdkRoomEvent.Timeline, (event, room, toStart) => {
    if (room === undefined || toStart === true) return
    // As it was sent: which edit counts is decided here.
    const raw = parseEvent({ ...event.getEffectiveEvent(), content: event.getOriginalContent() })
    if (raw === undefined) return
    // A room that is new is not yet to be found by its id.
    const before = room.getLiveTimeline().getPaginationToken(EventTimeline.BACKWARDS) ?? undefined
    const ofRoom = model(room.roomId)
    const entry = ofRoom.takeLive(raw, before)
    if (ofRoom.beforeGap !== undefined) fillGap(ofRoom)
    deps.outbox().seen(room.roomId, entry.id, event.getUnsigned().transaction_id)
    deps.touch(room.roomId)
    deps.onLive(room.roomId, entry, event)
  })
  sdk.on(SdkRoomEvent.TimelineReset, (room) => {
    if (room === undefined) return
    const gone = model(room.roomId)
    gone.reset()
    deps.outbox().forgetSent(room.roomId)
    for (const rootId of gone.threads.keys()) openThread(room.roomId, rootId)
    deps.touch(room.roomId)
  })
  sdk.on(SdkRoomEvent.Receipt, (event, room) => {
    model(room.roomId).receipts.take(event.getContent())
    deps.touch(room.roomId)
  })

  return {
    model,
    invalidate,
    paging,
    forget(roomId: string): void {
      models.delete(roomId)
      invalidate(roomId)
    },
    peopleChanged(roomId: string): void {
      models.get(roomId)?.peopleChanged()
    },
    everybodyChanged(): void {
      for (const each of models.values()) each.peopleChanged()
    },
    outboxChanged(roomId: string): void {
      models.get(roomId)?.outboxChanged()
      invalidate(roomId)
    },
    /** Counts of threads are part of what their roots show. */
    countsChanged(roomId: string): void {
      models.get(roomId)?.countsChanged()
    },
    /** After a time without connection, threads that could not be loaded are. */
    reconnected(): void {
      for (const [roomId, roots] of threads) {
        for (const rootId of roots.keys()) {
          if (!model(roomId).threads.has(rootId)) openThread(roomId, rootId)
        }
      }
    },

    timeline: (roomId: string): Readable<TimelineSnapshot | undefined> => {
      let entry = timelines.get(roomId)
      if (entry === undefined) {
        entry = derived(() => (sdk.getRoom(roomId) === null ? undefined : model(roomId).snapshot(undefined)))
        timelines.set(roomId, entry)
      }
      return entry
    },
    /** One thread; like `timeline`. */
    thread: (roomId: string, rootId: string): Readable<TimelineSnapshot | undefined> => {
      let ofRoom = threads.get(roomId)
      if (ofRoom === undefined) threads.set(roomId, (ofRoom = new Map()))
      let entry = ofRoom.get(rootId)
      if (entry === undefined) {
        entry = derived(() => {
          const stretch = model(roomId).threads.get(rootId)
          return stretch === undefined || stretch.older === FIRST ? undefined : model(roomId).snapshot(rootId)
        })
        ofRoom.set(rootId, entry)
      }
      if (!model(roomId).threads.has(rootId)) openThread(roomId, rootId)
      return entry
    },
    loadOlder: (roomId: string, threadId?: string): Promise<void> => paging.older(model(roomId), threadId),
    loadNewer: (roomId: string): Promise<void> => paging.newer(model(roomId)),
    /** Makes `timeline(roomId)` show the events around this one, loaded when they are not here. */
    focusEvent: (roomId: string, eventId: string): Promise<void> => paging.focusEvent(model(roomId), eventId),
    /** The same for the first event at or after a moment; resolves to its id. */
    focusDate: async (roomId: string, ts: number): Promise<string> => {
      const eventId = await api.eventAt(roomId, ts)
      await paging.focusEvent(model(roomId), eventId)
      return eventId
    },
    /** Back to the newest events. */
    leaveFocus: (roomId: string): void => {
      if (model(roomId).focus === undefined) return
      model(roomId).focus = undefined
      invalidate(roomId)
    },
  }
}
export type Timelines = ReturnType<typeof createTimelines>
