import { stateKeyOf } from '../types.ts'
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
  if (undecided.size === 0) return difference
  const met: EventId[] = []
  for (const id of reachedBy.keys()) {
    const pdu = graph.event(id)
    if (pdu?.stateKey === undefined) continue
    if (conflicts.unconflicted.get(stateKeyOf(pdu.type, pdu.stateKey)) === id) met.push(id)
  }
  const walk = new Removal(graph, difference, undecided)
  walk.from(met)
  if (undecided.size > 0) walk.from(conflicts.unconflicted.values())
  return difference
}

/** Takes from the difference what unconflicted events are and rest on, until every undecided event was met. */
class Removal {
  private readonly graph: AuthGraph
  private readonly difference: Set<EventId>
  private readonly undecided: Set<EventId>
  private readonly seen = new Set<EventId>()

  constructor(graph: AuthGraph, difference: Set<EventId>, undecided: Set<EventId>) {
    this.graph = graph
    this.difference = difference
    this.undecided = undecided
  }

  from(ids: Iterable<EventId>): void {
    const open: EventId[] = []
    for (const id of ids) this.meet(id, open)
    while (this.undecided.size > 0) {
      const id = open.pop()
      if (id === undefined) return
      for (const parent of this.graph.authEvents(id)) this.meet(parent, open)
    }
  }

  private meet(id: EventId, open: EventId[]): void {
    if (this.seen.has(id)) return
    this.seen.add(id)
    open.push(id)
    this.difference.delete(id)
    this.undecided.delete(id)
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
