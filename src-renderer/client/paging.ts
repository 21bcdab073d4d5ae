import type { RawEvent } from './raw-event.ts'
import { isDrawnIn } from './drawn-list.ts'
import type { RoomModel } from './room-model.ts'
import { createStretch, type Stretch } from './stretch.ts'
import type { TimelineApi } from './timeline-api.ts'

const PAGE = 50
const AROUND = 60
/** A room may have long runs that draw nothing; so many pages are passed over at one time. */
const MOST_PAGES = 10
const MOST_GAP_PAGES = 5

/** Loads more of a room's timelines. `changed` is told before and after. */
export function createPaging(api: TimelineApi, changed: (model: RoomModel) => void) {
  const take = (model: RoomModel, events: readonly RawEvent[]) => events.map((raw) => model.events.take(raw))

  async function whileLoading(
    model: RoomModel,
    stretch: Stretch,
    which: 'loadingOlder' | 'loadingNewer',
    work: () => Promise<void>,
  ): Promise<void> {
    if (stretch[which]) return
    stretch[which] = true
    changed(model)
    try {
      await work()
    } finally {
      stretch[which] = false
      changed(model)
    }
  }

  async function olderOfRoom(model: RoomModel, stretch: Stretch): Promise<void> {
    await whileLoading(model, stretch, 'loadingOlder', async () => {
      for (let pages = 0; stretch.older !== undefined && pages < MOST_PAGES; pages++) {
        const page = await api.messages(model.roomId, 'b', stretch.older, PAGE)
        stretch.olderUnreachable = page.unreachable === true
        // The token is kept, to ask again: a failure like any other of the line.
        if (page.unreachable === true && page.events.length === 0) throw new Error('history is out of reach')
        const entries = take(model, page.events.toReversed())
        stretch.list.prepend(entries)
        stretch.older = page.next
        if (entries.some((entry) => isDrawnIn(entry, 'main'))) break
      }
    })
  }

  /** The first page also when the thread was just opened. */
  async function olderOfThread(model: RoomModel, rootId: string, stretch: Stretch): Promise<void> {
    await whileLoading(model, stretch, 'loadingOlder', async () => {
      for (let pages = 0; pages < MOST_PAGES; pages++) {
        const page = await api.relations(
          model.roomId,
          rootId,
          stretch.older === FIRST ? undefined : stretch.older,
        )
        const replies = take(model, page.events.toReversed()).filter((entry) => entry.threadId === rootId)
        const added = stretch.list.prepend(replies)
        stretch.older = page.next
        if (added > 0 || page.next === undefined) break
      }
    })
  }

  /**
   * After a jump: on towards the newest event. Where the page meets the events that the sync keeps, the two are
   * one again.
   */
  async function newer(model: RoomModel, focus: Stretch): Promise<void> {
    await whileLoading(model, focus, 'loadingNewer', async () => {
      for (let pages = 0; pages < MOST_PAGES; pages++) {
        if (model.focus !== focus || focus.newer === undefined) return
        const page = await api.messages(model.roomId, 'f', focus.newer, PAGE)
        if (model.focus !== focus) return
        const entries = take(model, page.events)
        const live = model.live()
        const meeting = entries.findIndex((entry) => live.list.has(entry.id))
        focus.list.append(meeting === -1 ? entries : entries.slice(0, meeting))
        focus.newer = page.next
        if (meeting !== -1 || page.next === undefined || page.events.length === 0) {
          join(model, focus)
          return
        }
        if (entries.some((entry) => isDrawnIn(entry, 'main'))) return
      }
    })
  }

  function join(model: RoomModel, focus: Stretch): void {
    const live = model.live()
    live.list.prepend(focus.list.entries)
    live.older = focus.older
    model.focus = undefined
  }

  /**
   * After a time without connection the server tells only the newest events. What lies between is loaded, so that
   * nobody loses their place; of a long absence it is left to be scrolled to.
   */
  async function fillGap(model: RoomModel): Promise<void> {
    const live = model.live()
    const old = model.beforeGap
    if (old === undefined || live.loadingOlder) return
    live.loadingOlder = true
    try {
      for (let pages = 0; live.older !== undefined && pages < MOST_GAP_PAGES; pages++) {
        const page = await api.messages(model.roomId, 'b', live.older, 100)
        if (model.live() !== live) return
        const entries = take(model, page.events.toReversed())
        const meeting = entries.findLastIndex((entry) => old.list.has(entry.id))
        live.list.prepend(entries.slice(meeting + 1))
        live.older = page.next
        if (meeting !== -1) {
          live.list.prepend(old.list.entries)
          live.older = old.older
          break
        }
      }
    } finally {
      live.loadingOlder = false
      if (model.live() === live) model.beforeGap = undefined
      changed(model)
    }
  }

  /** Shows the events around this one; in the newest, when it is there. */
  async function focusEvent(model: RoomModel, eventId: string): Promise<void> {
    if (model.live().list.has(eventId)) model.focus = undefined
    else if (model.focus?.list.has(eventId) !== true) {
      // Reactions may have been given long after what is around the event.
      const [page, reactions] = await Promise.all([
        api.context(model.roomId, eventId, AROUND),
        api.relations(model.roomId, eventId, undefined, 'm.annotation').catch((error: unknown) => {
          console.warn('The reactions to a message could not be loaded', error)
          return { events: [] }
        }),
      ])
      take(model, reactions.events)
      const entries = take(model, page.events)
      const focus = createStretch(page.older, page.newer, entries)
      const live = model.live()
      const meeting = entries.findIndex((entry) => live.list.has(entry.id))
      model.focus = focus
      if (meeting !== -1) join(model, createStretch(page.older, undefined, entries.slice(0, meeting)))
    }
    changed(model)
  }

  return {
    focusEvent,
    fillGap,
    newer: (model: RoomModel): Promise<void> =>
      model.focus === undefined ? Promise.resolve() : newer(model, model.focus),
    older(model: RoomModel, threadId: string | undefined): Promise<void> {
      if (threadId === undefined) return olderOfRoom(model, model.focus ?? model.live())
      const stretch = model.threads.get(threadId)
      return stretch?.older === undefined ? Promise.resolve() : olderOfThread(model, threadId, stretch)
    },
    /** Opens a thread: its newest page, and its root. */
    async openThread(model: RoomModel, rootId: string): Promise<void> {
      const stretch = createStretch(FIRST)
      model.threads.set(rootId, stretch)
      await olderOfThread(model, rootId, stretch)
    },
  }
}
/** Stands for the newest page, which needs no token. */
export const FIRST = ' first'
