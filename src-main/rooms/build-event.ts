import { authStateKeysFor, checkAuthRules } from '../core/auth-rules.ts'
import { buildPdu, InvalidPduError, MAX_PREV_EVENTS } from '../core/pdu.ts'
import type { EventId, JsonObject, Pdu, RoomId, StateMap, UserId } from '../core/types.ts'
import { stateKeyOf } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { RoomError } from './api.ts'
import { commit, commitTogether, enqueue, targetServer, type Effects } from './commit.ts'
import { participatingRoom, rulesOf, type RoomsContext } from './context.ts'
import { membershipOf } from './current-state.ts'
import { eventTime } from './event-time.ts'
import { guardState } from './guard-state.ts'
import { record } from './place-event.ts'
import type { ClientTxn, RoomRecord, StateGroupId } from './ports.ts'
import { lookupIn, stateBeforeOf } from './room-state.ts'

/** An event before it has a place in the room. */
export interface EventDraft {
  readonly type: string
  readonly stateKey?: string | undefined
  readonly sender: UserId
  readonly content: JsonObject
  readonly redacts?: EventId | undefined
  readonly originServerTs?: number | undefined
  /** Whose steps the making of the event is. */
  readonly log?: LogItem
}

export interface BuiltEvent {
  readonly pdu: Pdu
  readonly stateBefore: StateGroupId
}

/**
 * Builds and signs an event on the current extremities, the deepest 20 of them, and checks it against
 * the state there. Must run in a transaction, and be recorded before anything else happens in the room.
 * Throws `RoomError`.
 */
export function buildEvent(ctx: RoomsContext, room: RoomRecord, draft: EventDraft): BuiltEvent {
  const { store } = ctx
  guardState(ctx, draft)
  const rules = rulesOf(room)
  const all = store.forwardExtremities(room.roomId).toSorted((a, b) => b.depth - a.depth)
  const extremities = all.slice(0, MAX_PREV_EVENTS)
  const prevEvents = extremities.map((extremity) => extremity.eventId)
  const stateBefore =
    extremities.length === all.length ? room.currentState : stateBeforeOf(ctx, room, prevEvents)
  if (stateBefore === undefined) {
    throw new RoomError(500, 'M_UNKNOWN', 'The state of the room is not known here.')
  }
  const state = store.stateMap(stateBefore)
  const replaced =
    draft.stateKey === undefined ? undefined : state.get(stateKeyOf(draft.type, draft.stateKey))
  const timed = { ...draft, originServerTs: draft.originServerTs ?? eventTime(ctx, replaced) }
  const pdu = makePdu(ctx, room, timed, {
    prevEvents,
    authEvents: authEventsIn(state, draft, room),
    depth: (extremities[0]?.depth ?? 0) + 1,
  })
  draft.log?.note('signed', { event: pdu.eventId })
  const decision = checkAuthRules(pdu, rules, lookupIn(ctx, state))
  if (decision.verdict === 'reject') {
    draft.log?.note('not authorised', { reason: decision.reason }, 'info')
    throw new RoomError(403, 'M_FORBIDDEN', explain(ctx, room.roomId, draft, decision.reason))
  }
  draft.log?.note('authorised')
  return { pdu, stateBefore }
}

/** Signs a draft with its place in the room; `RoomError` where the result breaks the format. */
export function makePdu(
  ctx: RoomsContext,
  room: { roomId: RoomId | undefined; version: RoomRecord['version'] },
  draft: EventDraft,
  place: { prevEvents: readonly EventId[]; authEvents: readonly EventId[]; depth: number },
): Pdu {
  try {
    return buildPdu(
      {
        roomId: room.roomId,
        type: draft.type,
        stateKey: draft.stateKey,
        sender: draft.sender,
        content: draft.content,
        redacts: draft.redacts,
        originServerTs: draft.originServerTs ?? ctx.clock.now(),
        ...place,
      },
      room.version,
      ctx.signer,
    )
  } catch (error) {
    if (!(error instanceof InvalidPduError)) throw error
    throw error.tooLarge
      ? new RoomError(413, 'M_TOO_LARGE', 'This event is too large: an event has at most 64 KiB.')
      : new RoomError(400, 'M_BAD_JSON', `This is not an event that servers accept: ${error.reason}.`)
  }
}

/** The auth events that this event needs, picked from a state (spec "Auth events selection"). */
export function authEventsIn(state: StateMap, draft: EventDraft, room: RoomRecord): EventId[] {
  return authStateKeysFor(draft, rulesOf(room)).flatMap((key) => state.get(key) ?? [])
}

function explain(ctx: RoomsContext, roomId: RoomId, draft: EventDraft, reason: string): string {
  const membership = ctx.store.member(roomId, draft.sender)?.membership
  if (membership === 'ban') return 'You are banned from this room.'
  if (membership !== 'join' && draft.type !== 'm.room.member') return 'You are not in this room.'
  return reason
}

/**
 * Builds, records and queues an event of a local user, all in the caller's transaction. The servers
 * in the room get it, and the server of the person whom a membership event is about.
 */
export function sendInTransaction(
  ctx: RoomsContext,
  effects: Effects,
  roomId: RoomId,
  draft: EventDraft,
  txn?: ClientTxn,
): Pdu {
  const room = participatingRoom(ctx, roomId)
  const same = sameStateEvent(ctx, roomId, draft)
  if (same !== undefined) {
    if (txn !== undefined) ctx.store.putClientTxn(txn, roomId, same.eventId)
    return same
  }
  const servers = new Set(ctx.store.joinedServers(roomId))
  const { pdu, stateBefore } = buildEvent(ctx, room, draft)
  // An invite has gone to its server by `/invite`, and to none by a transaction, unless it is in the room.
  const target = targetServer(pdu)
  if (target !== undefined && membershipOf(pdu.content) !== 'invite') servers.add(target)
  record(ctx, effects, room, pdu, stateBefore, { status: 'accepted', reason: undefined })
  enqueue(ctx, effects, pdu, servers)
  draft.log?.note('queued', { servers: [...servers].filter((server) => server !== ctx.serverName) })
  if (txn !== undefined) ctx.store.putClientTxn(txn, roomId, pdu.eventId)
  return pdu
}

/** The same, in a transaction of its own. */
export function sendNow(ctx: RoomsContext, roomId: RoomId, draft: EventDraft, txn?: ClientTxn): Pdu {
  return commit(ctx, (effects) => sendInTransaction(ctx, effects, roomId, draft, txn))
}

/** The same, in one transaction with what else is sent at this moment. */
export function sendSoon(
  ctx: RoomsContext,
  roomId: RoomId,
  draft: EventDraft,
  txn?: ClientTxn,
): Promise<EventId> {
  return commitTogether(ctx, (effects) => {
    // A repetition of the same request may have come while the first one waited.
    const sent = txn === undefined ? undefined : ctx.store.clientTxn(txn, roomId)
    return sent ?? sendInTransaction(ctx, effects, roomId, draft, txn).eventId
  })
}

/** State set to what it is already needs no new event. */
export function sameStateEvent(ctx: RoomsContext, roomId: RoomId, draft: EventDraft): Pdu | undefined {
  if (draft.stateKey === undefined) return undefined
  const current = ctx.store.currentStateEvent(roomId, draft.type, draft.stateKey)
  if (current === undefined || current.pdu.sender !== draft.sender) return undefined
  return sameJson(current.pdu.content, draft.content) ? current.pdu : undefined
}

function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const left = Object.entries(a)
  if (left.length !== Object.keys(b).length) return false
  return left.every(
    ([key, value]) => Object.hasOwn(b, key) && sameJson(value, (b as Record<string, unknown>)[key]),
  )
}
