import { canSeeEvent, historyVisibilityOf } from '../core/history-visibility.ts'
import { redactPdu } from '../core/redaction.ts'
import type { Pdu, ServerName, StateMapKey, UserId } from '../core/types.ts'
import { splitStateKey, stateKeyOf } from '../core/types.ts'
import { isLocal, serverOf, type RoomsContext } from './context.ts'
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

/** Memberships of one user that are looked at: who is invited and turned away over and over has many. */
const MAX_MEMBERSHIPS = 100

/** Whether the user is in the room, or was joined at some point after the event. */
function joinedAfter(ctx: RoomsContext, user: UserId, event: StoredEvent): boolean {
  const member = ctx.store.member(event.pdu.roomId, user)
  if (member === undefined) return false
  if (member.membership === 'join') return true
  // Back from the newest membership to the one that ended the last time they were in the room.
  let ending = ctx.store.getEvent(member.eventId)
  for (let steps = 0; steps < MAX_MEMBERSHIPS; steps++) {
    if (ending?.timelinePos === undefined || ending.stateBefore === undefined) return false
    const id = ctx.store.stateMap(ending.stateBefore).get(stateKeyOf('m.room.member', user))
    const before = id === undefined ? undefined : ctx.store.getEvent(id)
    if (before === undefined) return false
    if (membershipOf(before.pdu.content) === 'join') {
      return event.timelinePos !== undefined && event.timelinePos < ending.timelinePos
    }
    ending = before
  }
  return false
}

type ServerMembership = 'join' | 'invite' | 'none'

interface KnownMemberships {
  /** By state group and server. */
  readonly byGroup: LruCache<string, ServerMembership>
  /** Of each server the last one that was found: in the states nearby it is mostly the same. */
  readonly last: LruCache<ServerName, { readonly group: StateGroupId; readonly best: ServerMembership }>
}

const memberships = new WeakMap<RoomsContext, KnownMemberships>()

/** State groups are gone. */
export function forgetMemberships(ctx: RoomsContext): void {
  memberships.delete(ctx)
}

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
): ServerMembership {
  let known = memberships.get(ctx)
  if (known === undefined) {
    known = { byGroup: new LruCache(10_000), last: new LruCache(1_000) }
    memberships.set(ctx, known)
  }
  const key = `${group} ${server}`
  const found = known.byGroup.get(key)
  if (found !== undefined) return found
  const near = known.last.get(server)
  const best =
    near !== undefined && hasSameMembers(ctx, server, near.group, group)
      ? near.best
      : closestMembership(ctx, server, group)
  known.byGroup.set(key, best)
  known.last.set(server, { group, best })
  return best
}

/** By what differs in the states: of a large room's history each event may have a state of its own. */
function hasSameMembers(ctx: RoomsContext, server: ServerName, a: StateGroupId, b: StateGroupId): boolean {
  const [before, after] = [ctx.store.stateMap(a), ctx.store.stateMap(b)]
  for (const at of ctx.store.differingKeys(a, b)) {
    if (isMemberOf(server, at) && before.get(at) !== after.get(at)) return false
  }
  return true
}

function closestMembership(ctx: RoomsContext, server: ServerName, group: StateGroupId): ServerMembership {
  let best: ServerMembership = 'none'
  for (const [at, id] of ctx.store.stateMap(group)) {
    if (!isMemberOf(server, at)) continue
    const event = ctx.store.getEvent(id)
    const membership = event === undefined ? 'leave' : membershipOf(event.pdu.content)
    if (membership === 'join') return 'join'
    if (membership === 'invite') best = 'invite'
  }
  return best
}

function isMemberOf(server: ServerName, at: StateMapKey): boolean {
  const { type, stateKey } = splitStateKey(at)
  return type === 'm.room.member' && serverOf(stateKey) === server
}

/** The event, without its content where the server may not see it. */
export function forServer(ctx: RoomsContext, server: ServerName, event: StoredEvent): Pdu {
  // Who wished to be erased said it to those who had it by then.
  const { sender, stateKey } = event.pdu
  const isErased = stateKey === undefined && isLocal(ctx, sender) && ctx.users.erased?.(sender) === true
  return !isErased && canServerSee(ctx, server, event) ? event.pdu : redactPdu(event.pdu)
}

/** What others are authorised by: a server that has to check them needs it whole, as a join gives it. */
const AUTHORISING = new Set([
  'm.room.create',
  'm.room.member',
  'm.room.power_levels',
  'm.room.join_rules',
  'm.room.third_party_invite',
])

/**
 * The state at an event for a server. Who may see the event may see the state that it was sent in, and
 * everybody in the room what is state today; of the rest, such as an earlier topic of closed times, the content
 * is taken.
 */
export function stateForServer(
  ctx: RoomsContext,
  server: ServerName,
  at: StoredEvent,
  state: readonly StoredEvent[],
): Pdu[] {
  if (canServerSee(ctx, server, at)) return state.map((event) => event.pdu)
  const today = ctx.store.currentStateMap(at.pdu.roomId)
  return state.map((event) => {
    const { pdu } = event
    const isOpen =
      AUTHORISING.has(pdu.type) || today.get(stateKeyOf(pdu.type, pdu.stateKey ?? '')) === pdu.eventId
    return isOpen ? pdu : forServer(ctx, server, event)
  })
}
