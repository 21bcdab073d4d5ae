import { authStateKeysFor } from '../core/auth-rules.ts'
import { roomVersionRules } from '../core/room-versions.ts'
import { isPowerEvent } from '../core/state-resolution/index.ts'
import { stateKeyOf } from '../core/types.ts'
import type { EventId, Pdu, RoomId, StateMapKey } from '../core/types.ts'
import { commit, type Effects } from './commit.ts'
import type { RoomsContext } from './context.ts'
import { updateCurrentState } from './current-state.ts'
import type { StateGroupId } from './ports.ts'
import { resolveGroups, stateAfter } from './room-state.ts'
import { tellReturned } from './tell-returned.ts'

/** What decides about other events, or about who may send any, is resolved at once. */
const AT_ONCE: ReadonlySet<string> = new Set([
  'm.room.create',
  'm.room.third_party_invite',
  'm.room.server_acl',
  'm.room.policy',
])

/**
 * Leaves the current state of a room whose ends differ to the end of `commitMany`, where it is resolved once
 * for all the events in it instead of once for each. False where somebody may need it before.
 */
export function leaveStateForLater(effects: Effects, pdu: Pdu): boolean {
  if (pdu.stateKey !== undefined && (AT_ONCE.has(pdu.type) || isPowerEvent(pdu))) return false
  const waiting = effects.unresolved.get(pdu.roomId) ?? new Set<StateMapKey>()
  if (pdu.stateKey !== undefined) waiting.add(stateKeyOf(pdu.type, pdu.stateKey))
  effects.unresolved.set(pdu.roomId, waiting)
  return true
}

/** `commit` for many events, each placed with `stateLater`. */
export function commitMany<T>(ctx: RoomsContext, fn: (effects: Effects) => T): T {
  return commit(ctx, (effects) => {
    const result = fn(effects)
    for (const roomId of [...effects.unresolved.keys()]) settleState(ctx, effects, roomId)
    return result
  })
}

/** Before an event is judged by a current state of which something that counts for it is left for later. */
export function settleIfNeeded(ctx: RoomsContext, effects: Effects, pdu: Pdu): void {
  const waiting = effects.unresolved.get(pdu.roomId)
  if (waiting === undefined) return
  const keys = authStateKeysFor(pdu, roomVersionRules(pdu.roomVersion))
  if (keys.some((key) => waiting.has(key))) settleState(ctx, effects, pdu.roomId)
}

/** Brings the current state of a room to what the states at its ends resolve to. In a transaction. */
function settleState(ctx: RoomsContext, effects: Effects, roomId: RoomId): void {
  effects.unresolved.delete(roomId)
  const { store } = ctx
  const room = store.getRoom(roomId)
  if (room === undefined) return
  const ends = store.forwardExtremities(roomId).map((extremity) => extremity.eventId)
  const current = resolveGroups(ctx, room, groupsAfter(ctx, roomId, ends), room.currentState)
  if (current === room.currentState) return
  const before = store.joinedServers(roomId)
  updateCurrentState(ctx, effects, room, current)
  tellReturned(ctx, effects, roomId, before, ends)
}

export function groupsAfter(ctx: RoomsContext, roomId: RoomId, ends: readonly EventId[]): StateGroupId[] {
  return ends.flatMap((id) => stateAfter(ctx, roomId, id) ?? [])
}
