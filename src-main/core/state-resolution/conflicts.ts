import type { EventId, StateMap, StateMapKey } from '../types.ts'

export interface Conflicts {
  readonly unconflicted: UnconflictedState
  /** Distinct candidates for each conflicted key, sorted, so that no input order shows through. */
  readonly conflicted: ReadonlyMap<StateMapKey, readonly EventId[]>
}

/**
 * The *unconflicted state map*: what the first set has, but for the conflicted keys, and in state resolution v1
 * what only others have. Never copied, as a large room is mostly this.
 */
export class UnconflictedState {
  private readonly first: StateMap
  private readonly conflicted: ReadonlyMap<StateMapKey, unknown>
  /** What the first set lacks. */
  readonly othersOnly: ReadonlyMap<StateMapKey, EventId>

  constructor(
    first: StateMap,
    conflicted: ReadonlyMap<StateMapKey, unknown>,
    othersOnly: ReadonlyMap<StateMapKey, EventId>,
  ) {
    this.first = first
    this.conflicted = conflicted
    this.othersOnly = othersOnly
  }

  get size(): number {
    let size = this.first.size + this.othersOnly.size
    for (const key of this.conflicted.keys()) if (this.first.has(key)) size--
    return size
  }

  get(key: StateMapKey): EventId | undefined {
    if (this.conflicted.has(key)) return undefined
    return this.first.get(key) ?? this.othersOnly.get(key)
  }

  *values(): Generator<EventId> {
    for (const [key, id] of this.first) if (!this.conflicted.has(key)) yield id
    yield* this.othersOnly.values()
  }
}

/** A state under construction, on the ground of the unconflicted one or of none. */
export class WorkingState {
  readonly own = new Map<StateMapKey, EventId>()
  private readonly ground: UnconflictedState | undefined

  constructor(ground: UnconflictedState | undefined) {
    this.ground = ground
  }

  get(key: StateMapKey): EventId | undefined {
    return this.own.get(key) ?? this.ground?.get(key)
  }

  set(key: StateMapKey, id: EventId): void {
    this.own.set(key, id)
  }

  /** What this state has on top of `conflicts.unconflicted`, which wins, as a change of the first set. */
  changes(conflicts: Conflicts, first: StateMap): StateChanges {
    const changes = new Map<StateMapKey, EventId | undefined>()
    for (const key of conflicts.conflicted.keys()) {
      const id = this.own.get(key)
      if (id !== first.get(key)) changes.set(key, id)
    }
    for (const [key, id] of this.own) {
      if (conflicts.conflicted.has(key)) continue
      const value = conflicts.unconflicted.get(key) ?? id
      if (value !== first.get(key)) changes.set(key, value)
    }
    return changes
  }
}

/** Differences to a state; undefined removes the key. */
export type StateChanges = ReadonlyMap<StateMapKey, EventId | undefined>

/** The distinct state sets among `sets`, which differ in no other keys than these; one means nothing to resolve. */
export function distinctSets(sets: readonly StateMap[], keys: Iterable<StateMapKey>): StateMap[] {
  const distinct: StateMap[] = []
  for (const set of sets) {
    if (!distinct.some((other) => sameIn(other, set, keys))) distinct.push(set)
  }
  return distinct
}

/**
 * Divides the pairs of all sets ("Unconflicted state map and conflicted state set").
 *
 * @param keys all in which the sets differ, and perhaps others.
 * @param absenceConflicts since state resolution v2, a key that some sets lack is conflicted; in v1
 * only different events for one key are.
 */
export function splitConflicts(
  sets: readonly StateMap[],
  keys: Iterable<StateMapKey>,
  absenceConflicts: boolean,
): Conflicts {
  const [first = new Map<StateMapKey, EventId>()] = sets
  const found: [StateMapKey, EventId[]][] = []
  const others = new Map<StateMapKey, EventId>()
  for (const key of keys) {
    const candidates = new Set<EventId>()
    let lacking = false
    for (const set of sets) {
      const id = set.get(key)
      if (id === undefined) lacking = true
      else candidates.add(id)
    }
    if (candidates.size > 1 || (absenceConflicts && lacking && candidates.size > 0))
      found.push([key, [...candidates].sort()])
    else if (lacking && !first.has(key)) for (const id of candidates) others.set(key, id)
  }
  const conflicted = new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)))
  return { unconflicted: new UnconflictedState(first, conflicted, others), conflicted }
}

function sameIn(a: StateMap, b: StateMap, keys: Iterable<StateMapKey>): boolean {
  if (a === b) return true
  for (const key of keys) if (a.get(key) !== b.get(key)) return false
  return true
}
