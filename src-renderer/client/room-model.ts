import { EventTimeline, EventType, NotificationCountType, type MatrixClient } from 'matrix-js-sdk'
import type { Outbox } from './outbox.ts'
import { drawnItems, NO_OVERLAY, overlayOf, overlayTargets, type Overlay } from './overlay.ts'
import { createRoomPeople, type RoomPeople, type Surroundings } from './people.ts'
import type { RawEvent } from './raw-event.ts'
import { createDrawnList, isDrawnIn } from './drawn-list.ts'
import { createReceipts, type Receipts } from './receipts.ts'
import { createRoomEvents, type Entry, type RoomEvents } from './room-events.ts'
import { createStretch, type Stretch } from './stretch.ts'
import { toRoomEvent, type EventSurroundings } from './to-room-event.ts'
import type { RoomEvent, TimelineSnapshot } from './types.ts'

export interface RoomModel {
  readonly roomId: string
  readonly events: RoomEvents
  readonly receipts: Receipts
  readonly people: RoomPeople
  /** The newest events of the room, those in threads included. */
  live(): Stretch
  /** After a jump: the events around another one. */
  focus: Stretch | undefined
  /** By root: what is here of the threads that were opened. Begins without the root. */
  readonly threads: Map<string, Stretch>
  convert(entry: Entry): RoomEvent
  /** The event as it is shown now, where it is known. */
  current(eventId: string): RoomEvent | undefined
  /** `before`: token of the page before the live timeline. */
  takeLive(raw: RawEvent, before: string | undefined): Entry
  /** The server left a gap: the timeline begins anew with the next event. */
  reset(): void
  /** The timeline of before a gap, which is shown until what is missing has been loaded. */
  beforeGap: Stretch | undefined
  /** The newest event that this timeline draws. */
  latest(threadId: string | undefined): Entry | undefined
  outboxChanged(): void
  peopleChanged(): void
  /** What is unread in threads may have changed. */
  countsChanged(): void
  snapshot(threadId: string | undefined): TimelineSnapshot | undefined
}

interface ModelDeps {
  readonly sdk: MatrixClient
  readonly roomId: string
  readonly around: Surroundings
  readonly outbox: () => Outbox
  /** A thread lost or gained a message. */
  readonly onThread: (rootId: string) => void
}

/** One room's events, timelines and receipts, and how they look. */
export function createRoomModel(deps: ModelDeps): RoomModel {
  const { sdk, roomId, around, onThread } = deps
  const room = () => sdk.getRoom(roomId)
  const events = createRoomEvents(onThread)
  const receipts = createReceipts()
  const people = createRoomPeople(around, room)
  const threads = new Map<string, Stretch>()
  let overlay: Overlay = NO_OVERLAY
  let live: Stretch | undefined

  const surroundings: EventSurroundings = {
    me: around.myUserId,
    events,
    overlay: () => overlay,
    person: (userId) => people.person(userId),
    mayNotifyRoom: (userId) =>
      room()?.getLiveTimeline().getState(EventTimeline.FORWARDS)?.mayTriggerNotifOfType('room', userId) ??
      false,
    unread: (rootId) => ({
      unread: room()?.getThreadUnreadNotificationCount(rootId, NotificationCountType.Total) ?? 0,
      highlights: room()?.getThreadUnreadNotificationCount(rootId, NotificationCountType.Highlight) ?? 0,
    }),
  }
  const convert = (entry: Entry): RoomEvent => toRoomEvent(surroundings, entry)

  function liveStretch(): Stretch {
    live ??= createStretch(undefined)
    return live
  }

  function stretchOf(threadId: string | undefined): Stretch | undefined {
    return threadId === undefined ? (model.focus ?? model.beforeGap ?? liveStretch()) : threads.get(threadId)
  }

  const drawnOf = createDrawnList(events, convert)

  /** A thread begins with its root. */
  function drawn(stretch: Stretch, threadId: string | undefined): readonly RoomEvent[] {
    const root = threadId === undefined ? undefined : events.get(threadId)
    return drawnOf(stretch.list, threadId ?? 'main', root)
  }

  function fullyRead(stretch: Stretch, thread: string): string | undefined {
    const marker: unknown = room()?.getAccountData(EventType.FullyRead)?.getContent()['event_id']
    if (typeof marker !== 'string') return undefined
    let index = stretch.list.indexOf(marker)
    if (index === -1) return marker
    const { entries } = stretch.list
    while (index >= 0 && !isDrawnIn(entries[index], thread)) index--
    return entries[index]?.id ?? marker
  }

  const model: RoomModel = {
    roomId,
    events,
    receipts,
    people,
    live: liveStretch,
    focus: undefined,
    threads,
    convert,
    current(eventId) {
      const entry = events.get(eventId)
      return entry === undefined ? undefined : convert(entry)
    },
    takeLive(raw, before) {
      const entry = events.take(raw)
      // Known with the first event only: somebody may have asked for the timeline earlier.
      if (liveStretch().list.entries.length === 0) liveStretch().older = before
      liveStretch().list.append([entry])
      // Nothing is before the event that made the room.
      if (raw.type === 'm.room.create') liveStretch().older = undefined
      if (entry.threadId !== undefined) {
        threads.get(entry.threadId)?.list.append([entry])
        onThread(entry.threadId)
      }
      return entry
    },
    reset() {
      if (live !== undefined && live.list.entries.length > 0) model.beforeGap ??= live
      live = undefined
    },
    beforeGap: undefined,
    latest(threadId) {
      const entries = (threadId === undefined ? liveStretch() : threads.get(threadId))?.list.entries
      return entries?.findLast((entry) => isDrawnIn(entry, threadId ?? 'main'))
    },
    outboxChanged() {
      const before = overlay
      overlay = overlayOf(deps.outbox().items(roomId))
      for (const each of [before, overlay]) {
        for (const id of overlayTargets(each)) {
          events.spoil(id)
          // A reaction that is taken back changes what it was given to.
          const target = events.get(id)?.relation?.eventId
          if (target !== undefined) events.spoil(target)
        }
      }
    },
    peopleChanged() {
      const changed = people.refresh()
      if (changed.size === 0) return
      events.spoilWhere(
        ({ id, raw, value }) =>
          changed.has(raw.sender) ||
          changed.has(raw.state_key ?? '') ||
          (value?.thread?.latest !== undefined && changed.has(value.thread.latest.sender.userId)) ||
          events.annotations(id).some((each) => changed.has(each.sender)),
      )
    },
    countsChanged() {
      for (const rootId of events.roots()) {
        const shown = events.get(rootId)?.value?.thread
        const { unread, highlights } = surroundings.unread(rootId)
        if (shown !== undefined && (shown.unread !== unread || shown.highlights !== highlights)) {
          events.spoil(rootId)
        }
      }
    },
    snapshot(threadId) {
      const stretch = stretchOf(threadId)
      if (stretch === undefined) return undefined
      const thread = threadId ?? 'main'
      const isLive = threadId !== undefined || model.focus === undefined
      return {
        events: drawn(stretch, threadId),
        pending: isLive ? drawnItems(deps.outbox().items(roomId), overlay, threadId) : [],
        live: isLive,
        readUpTo: receipts.readUpTo(
          stretch.list,
          thread,
          (eventId) => events.get(eventId)?.raw.origin_server_ts,
        ),
        fullyRead: threadId === undefined ? fullyRead(stretch, thread) : undefined,
        canLoadOlder: stretch.older !== undefined,
        loadingOlder: stretch.loadingOlder,
        olderUnreachable: stretch.olderUnreachable,
        canLoadNewer: stretch.newer !== undefined,
        loadingNewer: stretch.loadingNewer,
      }
    },
  }
  return model
}
