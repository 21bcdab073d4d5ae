import { createHash } from 'node:crypto'
import { checkAuthRules } from '../auth-rules.ts'
import { roomVersionRules } from '../room-versions.ts'
import { splitStateKey, stateKeyOf } from '../types.ts'
import type { Decision, EventId, Pdu, StateMap, StateMapKey } from '../types.ts'
import type { AuthGraph } from './auth-graph.ts'
import { splitConflicts, WorkingState, type StateChanges } from './conflicts.ts'
import type { CheckPhase, ResolveOptions } from './steps.ts'

const passes = [
  { type: 'm.room.power_levels', phase: 'v1:power_levels' },
  { type: 'm.room.join_rules', phase: 'v1:join_rules' },
  { type: 'm.room.member', phase: 'v1:member' },
] as const

interface Candidate {
  readonly pdu: Pdu
  readonly sha1: string
}

/** State resolution of room version 1 (section "State resolution" there): what it changes in the first set. */
export function resolveV1(
  sets: readonly StateMap[],
  keys: Iterable<StateMapKey>,
  graph: AuthGraph,
  options: ResolveOptions,
): StateChanges {
  const conflicts = splitConflicts(sets, keys, false)
  const { unconflicted, conflicted } = conflicts
  options.onStep?.({ step: 'conflicts', algorithm: 'v1', unconflicted: unconflicted.size, conflicted })
  const state = new WorkingState(unconflicted)

  for (const { type, phase } of passes) {
    // The keys of one pass do not see each other's results, so their order has no influence.
    const resolved = new Map<StateMapKey, EventId>()
    for (const [key, ids] of conflicted) {
      if (splitStateKey(key).type !== type) continue
      const winner = lastOfAllowedRun(graph, state, key, sorted(graph, ids), phase, options)
      if (winner !== undefined) resolved.set(key, winner)
    }
    for (const [key, id] of resolved) state.set(key, id)
  }

  const results = new Map<StateMapKey, EventId>()
  for (const [key, ids] of conflicted) {
    if (passes.some(({ type }) => type === splitStateKey(key).type)) continue
    for (const { pdu } of sorted(graph, ids).toReversed()) {
      const decision = check(graph, state, pdu, 'v1:other', options)
      if (decision.verdict === 'accept') {
        results.set(key, pdu.eventId)
        break
      }
    }
  }
  for (const [key, id] of results) state.set(key, id)
  // What only other sets have is unconflicted here, and missing in the first.
  for (const [key, id] of unconflicted.othersOnly) state.set(key, id)
  return state.changes(conflicts, sets[0] ?? new Map())
}

/** The first event stands; each next one replaces it while the rules allow; the first refusal ends it. */
function lastOfAllowedRun(
  graph: AuthGraph,
  state: WorkingState,
  key: StateMapKey,
  candidates: readonly Candidate[],
  phase: CheckPhase,
  options: ResolveOptions,
): EventId | undefined {
  const own = new Map<StateMapKey, EventId>()
  const view = { get: (at: StateMapKey): EventId | undefined => own.get(at) ?? state.get(at) }
  for (const { pdu } of candidates) {
    if (own.size > 0 && check(graph, view, pdu, phase, options).verdict === 'reject') break
    own.set(key, pdu.eventId)
  }
  return own.get(key)
}

function check(
  graph: AuthGraph,
  state: { get(key: StateMapKey): EventId | undefined },
  pdu: Pdu,
  phase: CheckPhase,
  options: ResolveOptions,
): Decision {
  const decision = checkAuthRules(pdu, roomVersionRules(pdu.roomVersion), (type, stateKey) => {
    const id = state.get(stateKeyOf(type, stateKey))
    return id === undefined ? undefined : graph.event(id)
  })
  options.onStep?.({ step: 'check', phase, eventId: pdu.eventId, decision })
  return decision
}

/** Ascending `depth`, then descending `sha1(event_id)`. */
function sorted(graph: AuthGraph, ids: readonly EventId[]): Candidate[] {
  return ids
    .flatMap((id) => {
      const pdu = graph.event(id)
      return pdu === undefined ? [] : [{ pdu, sha1: createHash('sha1').update(id).digest('hex') }]
    })
    .sort((a, b) => a.pdu.depth - b.pdu.depth || (a.sha1 < b.sha1 ? 1 : -1))
}
