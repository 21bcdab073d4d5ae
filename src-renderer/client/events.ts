import { asObject, parseEvent, relationOf } from './raw-event.ts'
import { derived, type Derived } from './readable.ts'
import type { TimelineApi } from './timeline-api.ts'
import type { Timelines } from './timelines.ts'
import type { Readable, RoomEvent } from './types.ts'

const MOST_PAGES = 20

/** Single events, wherever in a room they are. */
export function createEvents(api: TimelineApi, timelines: Pick<Timelines, 'model' | 'invalidate'>) {
  /** Room id -> event id. */
  const watched = new Map<string, Map<string, Derived<RoomEvent | 'loading' | 'missing'>>>()
  const missing = new Set<string>()
  const loading = new Map<string, Promise<RoomEvent | undefined>>()

  /** One event, from the timeline or loaded; undefined where it cannot be had. */
  function loadEvent(roomId: string, eventId: string): Promise<RoomEvent | undefined> {
    const known = timelines.model(roomId).current(eventId)
    if (known !== undefined) return Promise.resolve(known)
    let running = loading.get(eventId)
    if (running === undefined) {
      running = load(roomId, eventId).finally(() => loading.delete(eventId))
      loading.set(eventId, running)
    }
    return running
  }

  async function load(roomId: string, eventId: string): Promise<RoomEvent | undefined> {
    const raw = parseEvent(await api.event(roomId, eventId))
    if (raw === undefined) {
      missing.add(eventId)
      return undefined
    }
    const model = timelines.model(roomId)
    return model.convert(model.events.take(raw))
  }

  const invalidate = (roomId: string): void => {
    for (const each of watched.get(roomId)?.values() ?? []) each.invalidate()
  }

  return {
    loadEvent,
    invalidate,
    /** What could not be had may be there now. */
    reconnected(): void {
      missing.clear()
      for (const roomId of watched.keys()) invalidate(roomId)
    },
    /** The same as `loadEvent`, kept up to date; for quotes. */
    event: (roomId: string, eventId: string): Readable<RoomEvent | 'loading' | 'missing'> => {
      let ofRoom = watched.get(roomId)
      if (ofRoom === undefined) watched.set(roomId, (ofRoom = new Map()))
      let entry = ofRoom.get(eventId)
      if (entry === undefined) {
        const fresh = derived((): RoomEvent | 'loading' | 'missing' => {
          const known = timelines.model(roomId).current(eventId)
          if (known !== undefined) return known
          if (missing.has(eventId)) return 'missing'
          if (!loading.has(eventId)) {
            loadEvent(roomId, eventId)
              .catch((error: unknown) => {
                missing.add(eventId)
                console.warn('A message could not be loaded', error)
              })
              .finally(() => fresh.invalidate())
          }
          return 'loading'
        })
        entry = fresh
        ofRoom.set(eventId, entry)
      }
      return entry
    },
    /** What a message said over time, oldest first, the original included. */
    versions: async (roomId: string, eventId: string): Promise<readonly RoomEvent[]> => {
      const original = await loadEvent(roomId, eventId)
      const entry = timelines.model(roomId).events.get(eventId)
      if (original === undefined || entry === undefined) return []
      const edits: RoomEvent[] = []
      let from: string | undefined
      for (let page = 0; page < MOST_PAGES; page++) {
        const answer = await api.relations(roomId, eventId, from, 'm.replace')
        for (const raw of answer.events) {
          const content = asObject(raw.content['m.new_content'])
          if (content === undefined || raw.sender !== entry.raw.sender || raw.type !== entry.raw.type)
            continue
          if (relationOf(raw.content)?.eventId !== eventId) continue
          edits.push({ ...original, id: raw.event_id, ts: raw.origin_server_ts, content, edited: true })
        }
        from = answer.next
        if (from === undefined) break
      }
      edits.sort((a, b) => a.ts - b.ts)
      return [{ ...original, content: entry.raw.content, edited: false }, ...edits]
    },
    /** The event as the server tells it. */
    eventSource: async (roomId: string, eventId: string): Promise<Readonly<Record<string, unknown>>> => {
      const source = await api.event(roomId, eventId)
      if (source === undefined) throw new Error('This message is not here any more.')
      return source
    },
  }
}
