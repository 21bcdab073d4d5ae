import { createEventList, type EventList } from './event-list.ts'
import type { Entry } from './room-events.ts'

/** A part of a timeline that is here, and how to get what is before and after it. */
export interface Stretch {
  readonly list: EventList
  /** Token of the page before; undefined at the beginning. */
  older: string | undefined
  /** Token of the page after; undefined where the stretch reaches the newest event. */
  newer: string | undefined
  loadingOlder: boolean
  loadingNewer: boolean
  /** There is more before, on servers that the node could not reach. */
  olderUnreachable: boolean
}

export function createStretch(
  older: string | undefined,
  newer?: string,
  entries: readonly Entry[] = [],
): Stretch {
  const list = createEventList()
  list.append(entries)
  return { list, older, newer, loadingOlder: false, loadingNewer: false, olderUnreachable: false }
}
