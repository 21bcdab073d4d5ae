import { roomVersionRules } from '../room-versions.ts'
import type { EventId, Pdu, RoomVersionId, StateMap, StateMapKey } from '../types.ts'
import { AuthGraph } from './auth-graph.ts'
import { distinctSets, type StateChanges } from './conflicts.ts'
import type { ResolveOptions } from './steps.ts'
import { resolveV1 } from './v1.ts'
import { resolveV2 } from './v2.ts'

export { isPowerEvent } from './orderings.ts'
export type { StateChanges } from './conflicts.ts'
export type { CheckPhase, ResolutionStep, ResolveOptions } from './steps.ts'

type GetEvent = (id: EventId) => Pdu | undefined

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
  getEvent: GetEvent,
  options: ResolveOptions = {},
): StateMap {
  // Maps in layers are quick to make and slow to ask, and here all keys are asked for.
  const maps = stateSets.map((set) => (set instanceof Map ? set : new Map(set)))
  const keys = new Set<StateMapKey>()
  for (const map of maps) for (const key of map.keys()) keys.add(key)
  const sets = distinctSets(maps, keys)
  const [first] = sets
  if (first === undefined) return new Map()
  if (sets.length === 1) return first
  const state = new Map(first)
  for (const [key, id] of changesOf(version, sets, keys, getEvent, options)) {
    if (id === undefined) state.delete(key)
    else state.set(key, id)
  }
  options.onStep?.({ step: 'result', state })
  return state
}

/**
 * `resolveState` for states that are alike: its cost is that of what differs, however large they are.
 *
 * @param keys all in which the sets differ, and perhaps others.
 * @returns what makes the resolution of the first set.
 */
export function resolveDifferences(
  version: RoomVersionId,
  stateSets: readonly StateMap[],
  keys: ReadonlySet<StateMapKey>,
  getEvent: GetEvent,
  options: ResolveOptions = {},
): StateChanges {
  const sets = distinctSets(stateSets, keys)
  return sets.length < 2 ? new Map() : changesOf(version, sets, keys, getEvent, options)
}

function changesOf(
  version: RoomVersionId,
  sets: readonly StateMap[],
  keys: ReadonlySet<StateMapKey>,
  getEvent: GetEvent,
  options: ResolveOptions,
): StateChanges {
  const algorithm = roomVersionRules(version).stateResolution
  const graph = new AuthGraph(getEvent, options)
  return algorithm === 'v1'
    ? resolveV1(sets, keys, graph, options)
    : resolveV2(algorithm, sets, keys, graph, options)
}
