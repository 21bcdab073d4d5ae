import type { Decision, EventId, StateMap, StateMapKey } from '../types.ts'

/** Which list an event was checked in; `v1:…` are the passes of room version 1's algorithm. */
export type CheckPhase = 'power' | 'mainline' | 'v1:power_levels' | 'v1:join_rules' | 'v1:member' | 'v1:other'

/** What the resolution did, in the order in which it did it; for a person to read in the inspector. */
export type ResolutionStep =
  | {
      readonly step: 'conflicts'
      readonly algorithm: 'v1' | 'v2' | 'v2.1'
      readonly unconflicted: number
      readonly conflicted: ReadonlyMap<StateMapKey, readonly EventId[]>
    }
  | {
      readonly step: 'full-conflicted-set'
      readonly authDifference: readonly EventId[]
      /** Empty before v2.1. */
      readonly subgraph: readonly EventId[]
      readonly full: readonly EventId[]
      /** Events that were named but are not known here; they take no part. */
      readonly missing: readonly EventId[]
    }
  | { readonly step: 'power-ordering'; readonly order: readonly EventId[] }
  | { readonly step: 'mainline'; readonly mainline: readonly EventId[]; readonly order: readonly EventId[] }
  | {
      readonly step: 'check'
      readonly phase: CheckPhase
      readonly eventId: EventId
      readonly decision: Decision
    }
  | { readonly step: 'result'; readonly state: StateMap }

export interface ResolveOptions {
  /** Told of every step. Must not throw. */
  readonly onStep?: ((step: ResolutionStep) => void) | undefined
  /** True for events refused on receipt; such an auth event is not used to authorise others. */
  readonly isRejected?: ((id: EventId) => boolean) | undefined
  /** A cheaper way to an event's auth events than loading it; undefined for unknown events. */
  readonly authEventsOf?: ((id: EventId) => readonly EventId[] | undefined) | undefined
}
