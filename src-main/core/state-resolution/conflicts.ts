import type { EventId, StateMap, StateMapKey } from '../types.ts'

export interface Conflicts {
  readonly unconflicted: Map<StateMapKey, EventId>
  /** Distinct candidates for each conflicted key, sorted, so that no input order shows through. */
  readonly conflicted: ReadonlyMap<StateMapKey, readonly EventId[]>
}

/** The distinct state sets among `sets`; one result means that there is nothing to resolve. */
export function distinctSets(sets: readonly StateMap[]): StateMap[] {
  const distinct: StateMap[] = []
  for (const set of sets) {
    if (!distinct.some((other) => sameState(other, set))) distinct.push(set)
  }
  return distinct
}

/**
 * Divides the pairs of all sets ("Unconflicted state map and conflicted state set").
 *
 * @param absenceConflicts since state resolution v2, a key that some sets lack is conflicted; in v1
 * only different events for one key are.
 */
export function splitConflicts(sets: readonly StateMap[], absenceConflicts: boolean): Conflicts {
  const unconflicted = new Map<StateMapKey, EventId>()
  const candidates = new Map<StateMapKey, Set<EventId>>()
  const [first, ...others] = sets
  if (first !== undefined) {
    for (const [key, id] of first) {
      if (others.every((set) => agrees(set.get(key), id, absenceConflicts))) unconflicted.set(key, id)
    }
  }
  for (const set of sets) {
    for (const [key, id] of set) {
      if (unconflicted.has(key)) continue
      const known = candidates.get(key)
      if (known === undefined) candidates.set(key, new Set([id]))
      else known.add(id)
    }
  }

  const conflicted = new Map<StateMapKey, readonly EventId[]>()
  for (const key of [...candidates.keys()].sort()) {
    const ids = [...(candidates.get(key) ?? [])].sort()
    const [only] = ids
    if (!absenceConflicts && ids.length === 1 && only !== undefined) unconflicted.set(key, only)
    else conflicted.set(key, ids)
  }
  return { unconflicted, conflicted }
}

function agrees(other: EventId | undefined, id: EventId, absenceConflicts: boolean): boolean {
  return other === id || (other === undefined && !absenceConflicts)
}

function sameState(a: StateMap, b: StateMap): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [key, id] of a) if (b.get(key) !== id) return false
  return true
}
