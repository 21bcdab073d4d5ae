import type { EventId, StateMapKey, UserId } from '../core/types.ts'
import { splitStateKey } from '../core/types.ts'
import type { Effects } from './commit.ts'
import { isLocal, type RoomsContext } from './context.ts'
import type { Membership, RoomRecord, StateGroupId } from './ports.ts'
import { strippedStateFor } from './stripped-state.ts'

/**
 * Makes a state group current, and tells the memberships of this server's users of it. `only` is the
 * one key in which the two states differ, where that is known; else they are compared.
 */
export function updateCurrentState(
  ctx: RoomsContext,
  effects: Effects,
  room: RoomRecord,
  group: StateGroupId,
  only?: StateMapKey,
): void {
  const { store } = ctx
  const before = store.stateMap(room.currentState)
  const after = store.stateMap(group)
  store.setCurrentState(room.roomId, group)
  effects.rooms.add(room.roomId)
  let memberships = false
  for (const key of only === undefined ? store.differingKeys(room.currentState, group) : [only]) {
    if (before.get(key) === after.get(key)) continue
    const { type, stateKey } = splitStateKey(key)
    if (type !== 'm.room.member' || !isLocal(ctx, stateKey as UserId)) continue
    memberships = true
    updateLocalMembership(ctx, effects, room, stateKey as UserId, after.get(key), before.get(key))
  }
  if (!memberships) return
  const participating = store.joinedLocalUsers(room.roomId).length > 0
  if (participating !== room.participating) store.updateRoom(room.roomId, { participating })
}

function updateLocalMembership(
  ctx: RoomsContext,
  effects: Effects,
  room: RoomRecord,
  userId: UserId,
  eventId: EventId | undefined,
  oldEventId: EventId | undefined,
): void {
  if (!ctx.users.exists(userId)) return
  const event = ctx.store.getEvent(eventId ?? (oldEventId as EventId))
  if (event === undefined) return
  const membership: Membership = eventId === undefined ? 'leave' : membershipOf(event.pdu.content)
  ctx.store.putLocalMembership({
    userId,
    roomId: room.roomId,
    membership,
    eventId: event.pdu.eventId,
    sender: event.pdu.sender,
    streamPos: ctx.store.nextStreamPos(),
    strippedState:
      membership === 'invite' || membership === 'knock'
        ? strippedStateFor(ctx, room.roomId, event.pdu.sender)
        : [],
    forgotten: false,
  })
  effects.users.add(userId)
  const was = oldEventId === undefined ? undefined : ctx.store.getEvent(oldEventId)?.pdu
  if (membership !== 'join' || (was !== undefined && membershipOf(was.content) === 'join')) return
  for (const server of ctx.encryption?.joined(userId, room.roomId) ?? []) effects.destinations.add(server)
}

/** `leave` for what is not a membership. */
export function membershipOf(content: { [key: string]: unknown }): Membership {
  const value = content['membership']
  return value === 'join' || value === 'invite' || value === 'ban' || value === 'knock' ? value : 'leave'
}
