import { Watch } from '../core/auth/watch.ts'
import type { EventId, Pdu, ServerName } from '../core/types.ts'
import { stateKeyOf } from '../core/types.ts'
import { checkByAuthEvents, checkByState } from './authorise.ts'
import type { Effects } from './commit.ts'
import { rulesOf, serverOf, type RoomsContext } from './context.ts'
import { updateCurrentState } from './current-state.ts'
import { DENIED_BY_SETTINGS } from './denied-server.ts'
import { isRecommended, NOT_RECOMMENDED } from './policy-server.ts'
import {
  TIMELINE_STEP,
  type EventStatus,
  type RoomRecord,
  type StateGroupId,
  type TimelinePos,
} from './ports.ts'
import { noteStoredRefusal } from './refusals/note-refusal.ts'
import type { NewRefusal, RefusalCause } from './refusals/ports.ts'
import { applyRedaction, applyWaitingRedactions } from './redactions.ts'
import { isPlaced, isResolved, resolveGroups, stateBeforeOf } from './room-state.ts'
import { neverPlaced } from './same-event.ts'
import { groupsAfter, leaveStateForLater, settleIfNeeded } from './state-later.ts'
import { tellReturned } from './tell-returned.ts'

export interface Placement {
  readonly status: Exclude<EventStatus, 'outlier'>
  /** `rule: reason`, unless accepted. */
  readonly reason: string | undefined
  /** Which of the checks on receipt refused it. */
  readonly check?: PlacementCheck
  /** The same for the trace on disk, with what the check looked at. */
  readonly refusal?: Pick<NewRefusal, 'cause' | 'rule' | 'lookedAt'>
}

export type PlacementCheck = 'auth events' | 'state before' | 'settings' | 'current state' | 'policy server'

export interface PlaceOptions {
  /** A position in the past of the room: the event fills a gap, and is neither an extremity nor news. */
  readonly fillsGapAt?: TimelinePos
  /** In `commitMany`: where a fork has to be resolved, once for all is soon enough. */
  readonly stateLater?: boolean
  /** Who gave it; absent for what was made here. */
  readonly from?: ServerName | undefined
}

/**
 * Gives an event its place in the room: checks 4 to 7 on receipt of a PDU, then the event, the state
 * before and after it, extremities, current state, memberships and redactions. Synchronous and in the
 * caller's transaction. Its auth events are stored, and the state after each prev event is known
 * (else it must not be called; it answers a rejection only for what the rules refuse, and, without a trace in
 * the store, for what is never placed).
 */
export function placeEvent(
  ctx: RoomsContext,
  effects: Effects,
  pdu: Pdu,
  options: PlaceOptions = {},
): Placement {
  const { store } = ctx
  const never = neverPlaced(ctx, pdu)
  if (never !== undefined) return { status: 'rejected', reason: never.reason }
  settleIfNeeded(ctx, effects, pdu)
  const room = store.getRoom(pdu.roomId)
  if (room === undefined) throw new Error(`room ${pdu.roomId} is not known`)
  const stateBefore = stateBeforeOf(ctx, room, pdu.prevEvents)
  if (stateBefore === undefined) throw new Error(`state before ${pdu.eventId} is not known`)

  const verdict = judge(ctx, room, pdu, stateBefore, options.fillsGapAt !== undefined)
  return record(ctx, effects, room, pdu, stateBefore, verdict, options)
}

function judge(
  ctx: RoomsContext,
  room: RoomRecord,
  pdu: Pdu,
  stateBefore: StateGroupId,
  historical: boolean,
): Placement {
  const rules = rulesOf(room)
  // 4. Authorised by its auth events
  const cited = new Watch()
  const byAuthEvents = checkByAuthEvents(ctx, pdu, rules, cited)
  if (byAuthEvents.verdict === 'reject') return refused('rejected', 'auth events', byAuthEvents, cited)
  // 5. Authorised by the state before it
  const before = new Watch()
  const byState = checkByState(ctx, pdu, rules, stateBefore, before)
  if (byState.verdict === 'reject') return refused('rejected', 'state before', byState, before)
  // What a server that the owner denies says is not shown, whoever passes it on; its state still counts
  // where others build on it, so that the room stays one.
  if (!ctx.domainAllowed(serverOf(pdu.sender)) && (!historical || pdu.stateKey === undefined)) {
    return {
      status: 'soft-failed',
      reason: DENIED_BY_SETTINGS,
      check: 'settings',
      refusal: { cause: 'denied-server' },
    }
  }
  // 6. Authorised by the current state
  if (!historical && room.currentState !== stateBefore && room.currentState !== 0) {
    const current = new Watch()
    const byCurrent = checkByState(ctx, pdu, rules, room.currentState, current)
    if (byCurrent.verdict === 'reject') return refused('soft-failed', 'current state', byCurrent, current)
  }
  // 7. Recommended by the room's policy server
  if (!historical && !isRecommended(ctx, pdu)) {
    return {
      status: 'soft-failed',
      reason: NOT_RECOMMENDED,
      check: 'policy server',
      refusal: { cause: 'policy-server' },
    }
  }
  return { status: 'accepted', reason: undefined }
}

const causes = {
  'auth events': 'auth-events',
  'state before': 'state-before',
  'current state': 'current-state',
} as const satisfies Record<string, RefusalCause>

function refused(
  status: 'rejected' | 'soft-failed',
  check: 'auth events' | 'state before' | 'current state',
  { rule, reason }: { rule: string; reason: string },
  watch: Watch,
): Placement {
  const lookedAt = [...watch.seen].map(({ eventId }) => eventId)
  return { status, check, reason: `${rule}: ${reason}`, refusal: { cause: causes[check], rule, lookedAt } }
}

/** Writes an event whose verdict is known; also used for events of our own, checked by `buildEvent`. */
export function record(
  ctx: RoomsContext,
  effects: Effects,
  room: RoomRecord,
  pdu: Pdu,
  stateBefore: StateGroupId,
  verdict: Placement,
  options: PlaceOptions = {},
): Placement {
  const { store } = ctx
  const after =
    pdu.stateKey === undefined || verdict.status === 'rejected'
      ? stateBefore
      : store.addStateGroup(
          room.roomId,
          stateBefore,
          new Map([[stateKeyOf(pdu.type, pdu.stateKey), pdu.eventId]]),
        )
  const historical = options.fillsGapAt !== undefined
  const live = verdict.status === 'accepted' && !historical
  // A redaction that does nothing here (refused, or its target is not known) is nothing to show.
  const visible = verdict.status === 'accepted' && showsInTimeline(ctx, effects, pdu, stateBefore)
  const missing = pdu.prevEvents.filter((id) => !isPlaced(store.getEvent(id)))
  const place =
    visible || missing.length > 0
      ? (options.fillsGapAt ?? (store.highestTimelinePos(room.roomId) ?? 0) + TIMELINE_STEP)
      : undefined
  const timelinePos = visible ? place : undefined
  const streamPos = visible && live ? store.nextStreamPos() : undefined
  store.insertEvent({
    pdu,
    status: verdict.status,
    reason: verdict.reason,
    stateBefore,
    stateAfter: after,
    streamPos,
    timelinePos,
    receivedTs: ctx.clock.now(),
    receivedFrom: options.from,
  })
  if (verdict.status === 'accepted' && !visible && options.fillsGapAt !== undefined)
    store.keepPlace(pdu.eventId, options.fillsGapAt)
  if (verdict.status !== 'accepted' && verdict.refusal !== undefined) {
    noteStoredRefusal(ctx, pdu, {
      ...verdict.refusal,
      outcome: verdict.status,
      reason: verdict.reason ?? '',
      origin: options.from,
    })
  }
  // Also below what is not shown: others may follow on it, and what lies before it is history all the same.
  if (place !== undefined) {
    for (const id of missing) {
      store.addGap(room.roomId, { eventId: pdu.eventId, missing: id, timelinePos: place })
    }
  }
  store.closeGaps(room.roomId, pdu.eventId)
  if (live) {
    moveExtremities(ctx, effects, room, pdu, stateBefore, after, options.stateLater === true)
    if (visible) effects.rooms.add(room.roomId)
  }
  if (verdict.status === 'accepted') applyWaitingRedactions(ctx, effects, pdu)
  return verdict
}

function showsInTimeline(ctx: RoomsContext, effects: Effects, pdu: Pdu, stateBefore: StateGroupId): boolean {
  if (pdu.type !== 'm.room.redaction') return true
  return applyRedaction(ctx, effects, pdu, stateBefore)
}

function moveExtremities(
  ctx: RoomsContext,
  effects: Effects,
  room: RoomRecord,
  pdu: Pdu,
  stateBefore: StateGroupId,
  after: StateGroupId,
  stateLater: boolean,
): void {
  const { store } = ctx
  const old = store.forwardExtremities(room.roomId).map((extremity) => extremity.eventId)
  const covered = coveredBy(ctx, pdu)
  const next = old.filter((id) => !covered.has(id))
  // Without an end a room would have no state.
  if (next.length === 0 || store.childrenOf(room.roomId, pdu.eventId).length === 0) next.push(pdu.eventId)
  store.setForwardExtremities(room.roomId, next)

  const groups = groupsAfter(ctx, room.roomId, next)
  if (stateLater && !isResolved(ctx, groups) && leaveStateForLater(effects, pdu)) return
  effects.unresolved.delete(room.roomId)
  const current = resolveGroups(ctx, room, groups, room.currentState)
  if (current === room.currentState) return
  const only =
    pdu.stateKey !== undefined && current === after && room.currentState === stateBefore
      ? stateKeyOf(pdu.type, pdu.stateKey)
      : undefined
  const before = only === undefined ? store.joinedServers(room.roomId) : undefined
  updateCurrentState(ctx, effects, room, current, only)
  if (before !== undefined) tellReturned(ctx, effects, room.roomId, before, next)
}

/**
 * Extremities that this event comes after: its prev events, and those behind prev events that were
 * refused, which are in nobody's way.
 */
function coveredBy(ctx: RoomsContext, pdu: Pdu): Set<EventId> {
  const covered = new Set<EventId>(pdu.prevEvents)
  const queue = [...pdu.prevEvents]
  for (let steps = 0; steps < 100; steps++) {
    const id = queue.pop()
    if (id === undefined) break
    const stored = ctx.store.getEvent(id)
    if (stored === undefined || stored.status === 'accepted' || stored.status === 'outlier') continue
    for (const prev of stored.pdu.prevEvents) {
      if (!covered.has(prev)) {
        covered.add(prev)
        queue.push(prev)
      }
    }
  }
  return covered
}
