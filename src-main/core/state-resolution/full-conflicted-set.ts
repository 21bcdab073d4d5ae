import type { EventId, StateMap, StateMapKey } from '../types.ts'
import type { AuthGraph } from './auth-graph.ts'
import type { Conflicts } from './conflicts.ts'

/**
 * The *auth difference*: events that are in the auth chain of some of the state sets but not of all.
 *
 * As in the servers that rooms are shared with, a state event counts as part of its own set's
 * chain. That changes nothing for conflicted events, which are in the full conflicted set anyway,
 * and it makes every unconflicted event, with all it rests on, common to all chains. So only the
 * chains of conflicted events are walked at first, and those of unconflicted ones only while
 * something is left that they could turn out to contain.
 */
export function authDifference(
  graph: AuthGraph,
  sets: readonly StateMap[],
  conflicts: Conflicts,
): Set<EventId> {
  const reachedBy = new Map<EventId, number>()
  for (const set of sets) {
    for (const id of graph.closure(conflictedEventsOf(set, conflicts.conflicted))) {
      reachedBy.set(id, (reachedBy.get(id) ?? 0) + 1)
    }
  }
  const difference = new Set<EventId>()
  for (const [id, count] of reachedBy) if (count < sets.length) difference.add(id)

  // A conflicted event may be common to all chains too; it stays in the full conflicted set either
  // way, so whether it is removed here need not be found out.
  const undecided = new Set(difference)
  for (const ids of conflicts.conflicted.values()) for (const id of ids) undecided.delete(id)
  for (const id of conflicts.unconflicted.values()) {
    undecided.delete(id)
    difference.delete(id)
  }
  removeReachable(graph, [...conflicts.unconflicted.values()], difference, undecided)
  return difference
}

/** Walks from `from` until every undecided event was met or nothing is left to walk. */
function removeReachable(
  graph: AuthGraph,
  from: EventId[],
  difference: Set<EventId>,
  undecided: Set<EventId>,
): void {
  // The walk pops from the end: those whose links are in memory already go first.
  const open = from.toSorted((a, b) => Number(graph.visited(a)) - Number(graph.visited(b)))
  const seen = new Set(open)
  while (undecided.size > 0) {
    const id = open.pop()
    if (id === undefined) return
    for (const parent of graph.authEvents(id)) {
      if (seen.has(parent)) continue
      seen.add(parent)
      open.push(parent)
      undecided.delete(parent)
      difference.delete(parent)
    }
  }
}

/** v2.1's *conflicted state subgraph*: all paths along auth events between conflicted events. */
export function conflictedSubgraph(graph: AuthGraph, conflicts: Conflicts): Set<EventId> {
  const conflicted = new Set([...conflicts.conflicted.values()].flat())
  return graph.reaching(graph.closure(conflicted), conflicted)
}

function* conflictedEventsOf(
  set: StateMap,
  conflicted: ReadonlyMap<StateMapKey, readonly EventId[]>,
): Generator<EventId> {
  for (const key of conflicted.keys()) {
    const id = set.get(key)
    if (id !== undefined) yield id
  }
}
