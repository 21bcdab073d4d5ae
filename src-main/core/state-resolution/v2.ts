import { stateKeyOf } from '../types.ts'
import type { EventId, Pdu, StateMap, StateMapKey } from '../types.ts'
import type { AuthGraph } from './auth-graph.ts'
import { iterativeAuthChecks, senderPower } from './checks.ts'
import { splitConflicts, WorkingState, type StateChanges } from './conflicts.ts'
import { authDifference, conflictedSubgraph } from './full-conflicted-set.ts'
import { isPowerEvent, mainlineOf, mainlineOrdering, powerOrdering } from './orderings.ts'
import type { ResolveOptions } from './steps.ts'

/**
 * State resolution of room versions 2 to 11 (`v2`) and 12 (`v2.1`), by the numbered steps of the
 * section "Algorithm" under "State resolution" in both. Answers what it changes in the first set.
 */
export function resolveV2(
  algorithm: 'v2' | 'v2.1',
  sets: readonly StateMap[],
  keys: Iterable<StateMapKey>,
  graph: AuthGraph,
  options: ResolveOptions,
): StateChanges {
  const conflicts = splitConflicts(sets, keys, true)
  options.onStep?.({
    step: 'conflicts',
    algorithm,
    unconflicted: conflicts.unconflicted.size,
    conflicted: conflicts.conflicted,
  })
  if (conflicts.conflicted.size === 0) return new Map()

  const difference = authDifference(graph, sets, conflicts)
  const subgraph = algorithm === 'v2.1' ? conflictedSubgraph(graph, conflicts) : new Set<EventId>()
  const full = new Map<EventId, Pdu>()
  for (const id of [
    ...new Set([...[...conflicts.conflicted.values()].flat(), ...difference, ...subgraph]),
  ].sort()) {
    const pdu = graph.event(id)
    if (pdu?.stateKey !== undefined) full.set(id, pdu)
  }
  options.onStep?.({
    step: 'full-conflicted-set',
    authDifference: [...difference].sort(),
    subgraph: [...subgraph].sort(),
    full: [...full.keys()],
    missing: [...graph.missing].sort(),
  })

  // 1. Power events, with those of their auth chains that are in the full conflicted set.
  const powerEvents = [...full.values()].filter(isPowerEvent)
  const selected = new Map<EventId, Pdu>()
  for (const id of graph.closure(powerEvents.map((pdu) => pdu.eventId))) {
    const pdu = full.get(id)
    if (pdu !== undefined) selected.set(id, pdu)
  }
  const powerOrder = powerOrdering(graph, selected, (pdu) => senderPower(graph, pdu))
  options.onStep?.({ step: 'power-ordering', order: powerOrder.map((pdu) => pdu.eventId) })

  // 2. From the unconflicted state, or in v2.1 from nothing.
  const state = new WorkingState(algorithm === 'v2.1' ? undefined : conflicts.unconflicted)
  iterativeAuthChecks(graph, state, powerOrder, 'power', options)

  // 3. What is left, by the mainline of the power levels that step 2 arrived at. In v2.1 an
  // unconflicted power levels event is not in that state unless the conflicts touch it.
  const rest = [...full.values()].filter((pdu) => !selected.has(pdu.eventId))
  const mainline = mainlineOf(graph, state.get(stateKeyOf('m.room.power_levels', '')))
  const restOrder = mainlineOrdering(graph, mainline, rest)
  options.onStep?.({ step: 'mainline', mainline, order: restOrder.map((pdu) => pdu.eventId) })

  // 4.
  iterativeAuthChecks(graph, state, restOrder, 'mainline', options)

  // 5.
  return state.changes(conflicts, sets[0] ?? new Map())
}
