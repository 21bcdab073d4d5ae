import type { Entry } from './room-events.ts'

/**
 * A stretch of a room's events (or of a thread's), oldest first, each once, which grows at both ends. Knows the
 * place of each without counting.
 */
export interface EventList {
  readonly entries: readonly Entry[]
  /** Grows when it changes otherwise than by newer events at its end. */
  shape(): number
  has(id: string): boolean
  /** -1 for what is not in it. */
  indexOf(id: string): number
  /** Events that are in the list already are left out; tells how many were new. */
  prepend(older: readonly Entry[]): number
  append(newer: readonly Entry[]): number
  clear(): void
}

export function createEventList(): EventList {
  let entries: Entry[] = []
  /** Places count from where the list began, into the negative for older ones. */
  const places = new Map<string, number>()
  let first = 0
  let shape = 0

  const fresh = (some: readonly Entry[]): Entry[] => {
    const seen = new Set<string>()
    return some.filter((entry) => !places.has(entry.id) && !seen.has(entry.id) && seen.add(entry.id))
  }

  return {
    get entries() {
      return entries
    },
    shape: () => shape,
    has: (id) => places.has(id),
    indexOf(id) {
      const place = places.get(id)
      return place === undefined ? -1 : place - first
    },
    prepend(older) {
      const added = fresh(older)
      if (added.length > 0) shape++
      first -= added.length
      added.forEach((entry, index) => places.set(entry.id, first + index))
      entries = [...added, ...entries]
      return added.length
    },
    append(newer) {
      const added = fresh(newer)
      added.forEach((entry, index) => places.set(entry.id, first + entries.length + index))
      entries.push(...added)
      return added.length
    },
    clear() {
      shape++
      entries = []
      places.clear()
      first = 0
    },
  }
}
