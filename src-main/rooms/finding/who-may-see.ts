import {
  isKnockJoinRule,
  isRestrictedJoinRule,
  joinRuleOf,
  restrictedAllowRooms,
} from '../../core/membership.ts'
import type { RoomVersionRules } from '../../core/room-versions.ts'
import { roomVersionRules } from '../../core/room-versions.ts'
import type { JsonObject, RoomId, ServerName, UserId } from '../../core/types.ts'
import { rulesOf, serverOf, type RoomsContext } from '../context.ts'
import { aclAllows } from '../server-acl.ts'
import type { RoomSummary } from './api.ts'

/** May the user learn of this room, which this server is in (client-server `GET /hierarchy`, `rooms`)? */
export function userMaySee(ctx: RoomsContext, user: UserId, roomId: RoomId): boolean {
  const { store } = ctx
  const room = store.getRoom(roomId)
  if (room?.participating !== true) return false
  const membership = store.localMembership(user, roomId)?.membership
  if (membership === 'join' || membership === 'invite' || membership === 'knock') return true
  if (membership === 'ban') return false
  const joinRules = content(ctx, roomId, 'm.room.join_rules')
  if (isOpen(ctx, roomId, joinRules, rulesOf(room))) return true
  return (
    isRestrictedJoinRule(joinRuleOf(joinRules), rulesOf(room)) &&
    restrictedAllowRooms(joinRules).some((id) => isIn(ctx, user, id))
  )
}

/** The same of a room that is known by another server's words only. */
export function userMaySeeSummary(ctx: RoomsContext, user: UserId, summary: RoomSummary): boolean {
  const membership = ctx.store.localMembership(user, summary.room_id)?.membership
  if (membership === 'join' || membership === 'invite' || membership === 'knock') return true
  if (membership === 'ban') return false
  if (summary.world_readable || summary.join_rule === 'public') return true
  // Of a version that is not known here, nobody of this server can join it anyway.
  const rules = roomVersionRules(summary.room_version ?? '11')
  if (rules === undefined) return summary.join_rule === 'knock' || summary.join_rule === 'knock_restricted'
  if (isKnockJoinRule(summary.join_rule, rules)) return true
  return (
    isRestrictedJoinRule(summary.join_rule, rules) &&
    (summary.allowed_room_ids ?? []).some((id) => isIn(ctx, user, id))
  )
}

/** May users of another server see or join this room (server-server `GET /hierarchy`)? */
export function serverMaySee(ctx: RoomsContext, server: ServerName, roomId: RoomId): boolean {
  const { store } = ctx
  const room = store.getRoom(roomId)
  if (room?.participating !== true || !federatesWith(ctx, server, roomId)) return false
  if (store.joinedServers(roomId).includes(server)) return true
  const joinRules = content(ctx, roomId, 'm.room.join_rules')
  if (isOpen(ctx, roomId, joinRules, rulesOf(room))) return true
  if (store.members(roomId, 'invite').some((member) => serverOf(member.userId) === server)) return true
  return (
    isRestrictedJoinRule(joinRuleOf(joinRules), rulesOf(room)) &&
    restrictedAllowRooms(joinRules).some(
      (id) => store.getRoom(id)?.participating === true && store.joinedServers(id).includes(server),
    )
  )
}

/** By its `m.federate` and its ACL. */
export function federatesWith(ctx: RoomsContext, server: ServerName, roomId: RoomId): boolean {
  return content(ctx, roomId, 'm.room.create')?.['m.federate'] !== false && aclAllows(ctx, roomId, server)
}

function isOpen(
  ctx: RoomsContext,
  roomId: RoomId,
  joinRules: JsonObject | undefined,
  rules: RoomVersionRules,
): boolean {
  const rule = joinRuleOf(joinRules)
  if (rule === 'public' || isKnockJoinRule(rule, rules)) return true
  return content(ctx, roomId, 'm.room.history_visibility')?.['history_visibility'] === 'world_readable'
}

function isIn(ctx: RoomsContext, user: UserId, roomId: RoomId): boolean {
  return ctx.store.localMembership(user, roomId)?.membership === 'join'
}

function content(ctx: RoomsContext, roomId: RoomId, type: string): JsonObject | undefined {
  return ctx.store.currentStateEvent(roomId, type, '')?.pdu.content
}
