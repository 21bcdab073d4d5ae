import { roomVersionRules } from '../room-versions.ts'
import type { EventId, Pdu, RoomVersionId, StateMap } from '../types.ts'
import { AuthGraph } from './auth-graph.ts'
import { distinctSets } from './conflicts.ts'
import type { ResolveOptions } from './steps.ts'
import { resolveV1 } from './v1.ts'
import { resolveV2 } from './v2.ts'

export { isPowerEvent } from './orderings.ts'
export type { CheckPhase, ResolutionStep, ResolveOptions } from './steps.ts'

/**
 * The *resolution* of the states after several events (section "State resolution" of the room
 * version). The order of sets, and of the entries in them, has no influence on the result.
 *
 * @param stateSets not to be mutated; where all are equal, one of them is returned as it is.
 * @param getEvent any stored event, rejected ones too. Events it does not know take no part.
 */
export function resolveState(
  version: RoomVersionId,
  stateSets: readonly StateMap[],
  getEvent: (id: EventId) => Pdu | undefined,
  options: ResolveOptions = {},
): StateMap {
  // Maps in layers are quick to make and slow to ask, and here all keys are asked for.
  const sets = distinctSets(stateSets.map((set) => (set instanceof Map ? set : new Map(set))))
  const [first] = sets
  if (first === undefined) return new Map()
  if (sets.length === 1) return first

  const algorithm = roomVersionRules(version).stateResolution
  const graph = new AuthGraph(getEvent, options)
  const state =
    algorithm === 'v1' ? resolveV1(sets, graph, options) : resolveV2(algorithm, sets, graph, options)
  options.onStep?.({ step: 'result', state })
  return state
}
