import {
  splitStateKey,
  type EventId,
  type JsonObject,
  type StateMap,
  type StateMapKey,
} from '../../core/types.ts'
import type { StoredEvent } from '../../rooms/ports.ts'
import type { InspectedRooms } from './ports.ts'

/** What an event changed in the state of its room, and how large that is. Undefined where its place is not known. */
export function stateSummary(rooms: InspectedRooms, event: StoredEvent): JsonObject | undefined {
  if (event.stateBefore === undefined || event.stateAfter === undefined) return undefined
  const before = rooms.stateMap(event.stateBefore)
  if (event.stateAfter === event.stateBefore) {
    return { before: before.size, after: before.size, changes: [] }
  }
  const after = rooms.stateMap(event.stateAfter)
  return { before: before.size, after: after.size, changes: changesBetween(before, after) }
}

function changesBetween(before: StateMap, after: StateMap): JsonObject[] {
  const changes: JsonObject[] = []
  const add = (key: StateMapKey, was: EventId | undefined, is: EventId | undefined): void => {
    const { type, stateKey } = splitStateKey(key)
    changes.push({
      type,
      state_key: stateKey,
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is }),
    })
  }
  for (const [key, id] of after) if (before.get(key) !== id) add(key, before.get(key), id)
  for (const [key, id] of before) if (!after.has(key)) add(key, id, undefined)
  return changes
}

/** A page of the whole state, by type and state key. */
export function statePage(state: StateMap, from: number, limit: number): JsonObject {
  const entries = [...state]
    .map(([key, eventId]) => ({ ...splitStateKey(key), eventId }))
    .sort((a, b) => compare(a.type, b.type) || compare(a.stateKey, b.stateKey))
  const page = entries.slice(from, from + limit)
  return {
    events: page.map(({ type, stateKey, eventId }) => ({ type, state_key: stateKey, event_id: eventId })),
    total: entries.length,
    ...(from + limit < entries.length ? { next: String(from + limit) } : {}),
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
