import type { EventList } from './event-list.ts'
import type { Entry, RoomEvents } from './room-events.ts'
import type { RoomEvent } from './types.ts'

/** Does a timeline draw this event? A room's own leaves out what is in threads. */
export function isDrawnIn(entry: Entry | undefined, thread: string): boolean {
  return entry !== undefined && entry.shown && (thread !== 'main' || entry.threadId === undefined)
}

interface Drawn {
  readonly version: number
  readonly shape: number
  readonly length: number
  readonly root: RoomEvent | undefined
  readonly events: readonly RoomEvent[]
}

/**
 * What timelines draw. A message at the end of a room of many thousands costs one message: the list is made anew
 * only when something else changed, and stays the same while nothing did.
 */
export function createDrawnList(events: RoomEvents, convert: (entry: Entry) => RoomEvent) {
  const known = new WeakMap<EventList, Drawn>()

  return (list: EventList, thread: string, rootEntry: Entry | undefined): readonly RoomEvent[] => {
    const root = rootEntry === undefined ? undefined : convert(rootEntry)
    const before = known.get(list)
    const grows =
      before !== undefined &&
      before.version === events.version() &&
      before.shape === list.shape() &&
      before.root === root
    const { entries } = list
    const fresh: RoomEvent[] = []
    for (let index = grows ? before.length : 0; index < entries.length; index++) {
      const entry = entries[index]
      if (entry !== undefined && isDrawnIn(entry, thread)) fresh.push(entry.value ?? convert(entry))
    }
    let drawn: readonly RoomEvent[]
    if (grows) drawn = fresh.length === 0 ? before.events : before.events.concat(fresh)
    else drawn = root === undefined ? fresh : [root, ...fresh]
    // Read at the end: what was converted just now counts.
    known.set(list, {
      version: events.version(),
      shape: list.shape(),
      length: entries.length,
      root,
      events: drawn,
    })
    return drawn
  }
}
