import type { EventId, Pdu, RoomId, RoomVersionId, StateMap, StateMapKey } from '../core/types.ts'
import { stateKeyOf } from '../core/types.ts'
import { resolveDifferences, type ResolutionStep, type StateChanges } from '../core/state-resolution/index.ts'
import type { LogItem } from '../trace/log.ts'
import type { RoomsContext } from './context.ts'
import type { StateGroupId, StoredEvent } from './ports.ts'

export type StateLookup = (type: string, stateKey: string) => Pdu | undefined

/** Looks events up in a state map, as the auth rules want it. */
export function lookupIn(ctx: RoomsContext, state: StateMap): StateLookup {
  return (type, stateKey) => {
    const id = state.get(stateKeyOf(type, stateKey))
    return id === undefined ? undefined : ctx.store.getEvent(id)?.pdu
  }
}

/** Is the event's place in the room known, so that others may follow on it? */
export function isPlaced(event: StoredEvent | undefined): event is StoredEvent {
  return (
    event !== undefined &&
    event.status !== 'outlier' &&
    (event.stateAfter !== undefined || event.timelinePos !== undefined)
  )
}

/**
 * The state of a room after an event, its own or as another server told us. Anybody may name an event of
 * another room as a prev event: that one's state, in which they may have all the power, is none of this room.
 */
export function stateAfter(ctx: RoomsContext, roomId: RoomId, id: EventId): StateGroupId | undefined {
  const stored = ctx.store.getEvent(id)
  if (stored?.pdu.roomId === roomId && stored.status !== 'outlier' && stored.stateAfter !== undefined) {
    return stored.stateAfter
  }
  return ctx.stateAfterMissing.get(missingKey(roomId, id))
}

/** Keeps what another server told. */
export function rememberStateAfter(
  ctx: RoomsContext,
  roomId: RoomId,
  id: EventId,
  group: StateGroupId,
): void {
  ctx.stateAfterMissing.set(missingKey(roomId, id), group)
}

function missingKey(roomId: RoomId, id: EventId): string {
  return `${roomId} ${id}`
}

/** Prev events after which the state is not known here. */
export function unknownPrevs(ctx: RoomsContext, pdu: Pick<Pdu, 'roomId' | 'prevEvents'>): EventId[] {
  return pdu.prevEvents.filter((id) => stateAfter(ctx, pdu.roomId, id) === undefined)
}

/** A prev event that is known to be of another room: with it, this event never gets a place. */
export function foreignPrev(ctx: RoomsContext, pdu: Pdu): EventId | undefined {
  return pdu.prevEvents.find((id) => {
    const stored = ctx.store.getEvent(id)
    return stored !== undefined && stored.pdu.roomId !== pdu.roomId
  })
}

/** State before an event: the resolution of the states after its prev events; undefined if one is unknown. */
export function stateBeforeOf(
  ctx: RoomsContext,
  room: { roomId: RoomId; version: RoomVersionId },
  prevEvents: readonly EventId[],
): StateGroupId | undefined {
  const groups: StateGroupId[] = []
  for (const id of prevEvents) {
    const group = stateAfter(ctx, room.roomId, id)
    if (group === undefined) return undefined
    groups.push(group)
  }
  return resolveGroups(ctx, room, groups)
}

/** Whether resolving these groups takes no work. */
export function isResolved(ctx: RoomsContext, groups: readonly StateGroupId[]): boolean {
  const distinct = distinctGroups(groups)
  return distinct.length < 2 || ctx.resolved.get(distinct.join()) !== undefined
}

function distinctGroups(groups: readonly StateGroupId[]): StateGroupId[] {
  return [...new Set(groups)].sort((a, b) => a - b)
}

/**
 * Resolves the states of these groups into one group. Must run in a transaction.
 *
 * @param near a group that the result is likely to be close to: where it is, little has to be stored.
 */
export function resolveGroups(
  ctx: RoomsContext,
  room: { roomId: RoomId; version: RoomVersionId },
  groups: readonly StateGroupId[],
  near?: StateGroupId,
): StateGroupId {
  const distinct = distinctGroups(groups)
  const [first] = distinct
  if (first === undefined) return 0
  if (distinct.length === 1) return first
  const key = distinct.join()
  const known = ctx.resolved.get(key)
  if (known !== undefined) return known
  const group = ctx.log.step('resolve state', { room: room.roomId, states: distinct.length }, (item) =>
    resolveDistinct(ctx, item, room, distinct, near),
  )
  ctx.resolved.set(key, group)
  return group
}

function resolveDistinct(
  ctx: RoomsContext,
  item: LogItem,
  room: { roomId: RoomId; version: RoomVersionId },
  distinct: readonly StateGroupId[],
  near: StateGroupId | undefined,
): StateGroupId {
  const { store } = ctx
  const [first = 0] = distinct
  const [newest = first, ...others] = distinct.toReversed()
  const keys = new Set<StateMapKey>()
  for (const other of others) for (const at of store.differingKeys(newest, other)) keys.add(at)
  const changes = resolveDifferences(
    room.version,
    [newest, ...others].map((group) => store.stateMap(group)),
    keys,
    (id) => store.getEvent(id)?.pdu,
    {
      isRejected: (id) => store.getEvent(id)?.status === 'rejected',
      authEventsOf: ctx.authLinks.of(room.version),
      onStep: noteSteps(item),
    },
  )
  item.set({ differing: keys.size, changed: changes.size })
  const nearer = near === undefined || near === 0 ? undefined : rebased(ctx, changes, newest, near)
  return near !== undefined && nearer !== undefined && nearer.size < changes.size
    ? store.addStateGroup(room.roomId, near, nearer)
    : store.addStateGroup(room.roomId, newest, changes)
}

/** The sizes of what was resolved, and what lost. */
function noteSteps(item: LogItem): (step: ResolutionStep) => void {
  return (step) => {
    if (step.step === 'conflicts') {
      const { algorithm, conflicted, unconflicted } = step
      item.set({ algorithm, conflicted: conflicted.size, unconflicted })
    } else if (step.step === 'full-conflicted-set') {
      item.set({ full: step.full.length, 'auth difference': step.authDifference.length })
      if (step.missing.length > 0) item.set({ missing: step.missing.length })
    } else if (step.step === 'check' && step.decision.verdict === 'reject') {
      const { phase, eventId, decision } = step
      item.note('does not hold', { event: eventId, phase, rule: decision.rule, reason: decision.reason })
    }
  }
}

/** The same state as `changes` make of `from`, as changes of `to`. */
function rebased(
  ctx: RoomsContext,
  changes: StateChanges,
  from: StateGroupId,
  to: StateGroupId,
): StateChanges {
  const { store } = ctx
  const [before, after] = [store.stateMap(from), store.stateMap(to)]
  const delta = new Map<StateMapKey, EventId | undefined>()
  for (const key of new Set([...changes.keys(), ...store.differingKeys(from, to)])) {
    const value = changes.has(key) ? changes.get(key) : before.get(key)
    if (value !== after.get(key)) delta.set(key, value)
  }
  return delta
}
