import { checkAuthRules } from '../auth-rules.ts'
import { createEventIdOf } from '../pdu.ts'
import { powerLevelsOf } from '../power-levels.ts'
import { roomVersionRules } from '../room-versions.ts'
import { stateKeyOf } from '../types.ts'
import type { Pdu } from '../types.ts'
import type { AuthGraph } from './auth-graph.ts'
import type { WorkingState } from './conflicts.ts'
import type { CheckPhase, ResolveOptions } from './steps.ts'

export type StateLookup = (type: string, stateKey: string) => Pdu | undefined

/**
 * *Iterative auth checks*: applies each event to `state` if the auth rules allow it there. What the
 * state lacks is taken from the event's own auth events, unless those were rejected.
 */
export function iterativeAuthChecks(
  graph: AuthGraph,
  state: WorkingState,
  events: readonly Pdu[],
  phase: CheckPhase,
  options: ResolveOptions,
): void {
  for (const pdu of events) {
    if (pdu.stateKey === undefined) continue
    const cited = citedState(graph, pdu)
    const decision = checkAuthRules(pdu, roomVersionRules(pdu.roomVersion), (type, stateKey) => {
      const id = state.get(stateKeyOf(type, stateKey))
      return (id === undefined ? undefined : graph.event(id)) ?? cited(type, stateKey)
    })
    options.onStep?.({ step: 'check', phase, eventId: pdu.eventId, decision })
    if (decision.verdict === 'accept') state.set(stateKeyOf(pdu.type, pdu.stateKey), pdu.eventId)
  }
}

/**
 * The state that an event cites as its authority. From room version 12 on the create event is not
 * among the auth events, as the room id names it.
 */
export function citedState(graph: AuthGraph, pdu: Pdu): StateLookup {
  // There are three or four of them: looking through them is quicker than building a map.
  return (type, stateKey) => {
    for (const id of pdu.authEvents) {
      const auth = graph.event(id)
      if (auth?.type === type && auth.stateKey === stateKey && !graph.isRejected(id)) return auth
    }
    if (type !== 'm.room.create' || stateKey !== '') return undefined
    if (!roomVersionRules(pdu.roomVersion).roomIdIsCreateHash) return undefined
    const create = graph.event(createEventIdOf(pdu.roomId))
    return create?.type === 'm.room.create' ? create : undefined
  }
}

/** The power of an event's sender by the event's own auth events, for the power ordering. */
export function senderPower(graph: AuthGraph, pdu: Pdu): number {
  const cited = citedState(graph, pdu)
  const levels = powerLevelsOf(
    cited('m.room.power_levels', '')?.content,
    cited('m.room.create', ''),
    roomVersionRules(pdu.roomVersion),
  )
  return levels.userLevel(pdu.sender)
}
