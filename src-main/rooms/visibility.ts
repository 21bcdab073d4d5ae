import { canSeeEvent, historyVisibilityOf } from '../core/history-visibility.ts'
import { redactPdu } from '../core/redaction.ts'
import type { Pdu, ServerName, UserId } from '../core/types.ts'
import { splitStateKey } from '../core/types.ts'
import { serverOf, type RoomsContext } from './context.ts'
import { membershipOf } from './current-state.ts'
import { LruCache } from './lru-cache.ts'
import type { StateGroupId, StoredEvent } from './ports.ts'
import { lookupIn } from './room-state.ts'

/** Client-server "Room History Visibility", "Server behaviour", for a local user. */
export function canUserSee(ctx: RoomsContext, user: UserId, event: StoredEvent): boolean {
  const { pdu } = event
  // Without the state at the event (history that no server gave it for), today's has to serve.
  const group = event.stateBefore ?? ctx.store.getRoom(pdu.roomId)?.currentState ?? 0
  const state = lookupIn(ctx, ctx.store.stateMap(group))
  const member = state('m.room.member', user)
  return canSeeEvent({
    event: pdu,
    userId: user,
    visibilityBefore: historyVisibilityOf(state('m.room.history_visibility', '')),
    membershipBefore:
      event.stateBefore === undefined || member === undefined ? 'leave' : membershipOf(member.content),
    joinedLater: joinedAfter(ctx, user, event),
  })
}

/** Whether the user is in the room, or was when they left it, at some point after the event. */
function joinedAfter(ctx: RoomsContext, user: UserId, event: StoredEvent): boolean {
  const { roomId } = event.pdu
  const member = ctx.store.member(roomId, user)
  if (member === undefined) return false
  if (member.membership === 'join') return true
  const left = ctx.store.getEvent(member.eventId)
  if (left?.timelinePos === undefined || left.stateBefore === undefined) return false
  const before = lookupIn(ctx, ctx.store.stateMap(left.stateBefore))('m.room.member', user)
  if (before === undefined || membershipOf(before.content) !== 'join') return false
  return event.timelinePos !== undefined && event.timelinePos < left.timelinePos
}

const serverMemberships = new WeakMap<RoomsContext, LruCache<string, 'join' | 'invite' | 'none'>>()

/**
 * The same for another server: some user of it may see the event. `shared` history is for every server
 * with a member in the room, which the callers have checked.
 */
export function canServerSee(ctx: RoomsContext, server: ServerName, event: StoredEvent): boolean {
  const { pdu } = event
  if (serverOf(pdu.sender) === server) return true
  const group = event.stateBefore ?? ctx.store.getRoom(pdu.roomId)?.currentState ?? 0
  const visibility = historyVisibilityOf(
    lookupIn(ctx, ctx.store.stateMap(group))('m.room.history_visibility', ''),
  )
  const allowed = (which: string): boolean => {
    if (which === 'world_readable' || which === 'shared') return true
    // Who is in the room today need not have been then.
    const membership = event.stateBefore === undefined ? 'none' : serverMembership(ctx, server, group)
    return membership === 'join' || (which === 'invited' && membership === 'invite')
  }
  if (allowed(visibility)) return true
  if (pdu.type === 'm.room.history_visibility' && pdu.stateKey === '')
    return allowed(historyVisibilityOf(pdu))
  return pdu.type === 'm.room.member' && pdu.stateKey !== undefined && serverOf(pdu.stateKey) === server
}

/** The closest membership that any user of the server has in a state. */
export function serverMembership(
  ctx: RoomsContext,
  server: ServerName,
  group: StateGroupId,
): 'join' | 'invite' | 'none' {
  let cache = serverMemberships.get(ctx)
  if (cache === undefined) {
    cache = new LruCache(10_000)
    serverMemberships.set(ctx, cache)
  }
  const key = `${group} ${server}`
  const known = cache.get(key)
  if (known !== undefined) return known
  let best: 'join' | 'invite' | 'none' = 'none'
  for (const [stateKey, id] of ctx.store.stateMap(group)) {
    const { type, stateKey: user } = splitStateKey(stateKey)
    if (type !== 'm.room.member' || serverOf(user) !== server) continue
    const event = ctx.store.getEvent(id)
    const membership = event === undefined ? 'leave' : membershipOf(event.pdu.content)
    if (membership === 'join') {
      best = 'join'
      break
    }
    if (membership === 'invite') best = 'invite'
  }
  cache.set(key, best)
  return best
}

/** The event, without its content where the server may not see it. */
export function forServer(ctx: RoomsContext, server: ServerName, event: StoredEvent): Pdu {
  return canServerSee(ctx, server, event) ? event.pdu : redactPdu(event.pdu)
}
