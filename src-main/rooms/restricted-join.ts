import { isRestrictedJoinRule, joinRuleOf, restrictedAllowRooms } from '../core/membership.ts'
import { powerLevelsOf } from '../core/power-levels.ts'
import type { JsonObject, UserId } from '../core/types.ts'
import { RoomError } from './api.ts'
import { rulesOf, type RoomsContext } from './context.ts'
import type { RoomRecord } from './ports.ts'
import { lookupIn } from './room-state.ts'

/**
 * Server-server "Restricted rooms": what a join by this user has to carry. Nothing where the join rule
 * is another, or the user is invited or joined; else the local user who authorises it. Throws
 * `RoomError` 403 `M_FORBIDDEN` (no condition is met), 400 `M_UNABLE_TO_AUTHORISE_JOIN` (this server
 * cannot tell) and 400 `M_UNABLE_TO_GRANT_JOIN` (nobody here may invite).
 */
export function authoriseJoin(ctx: RoomsContext, room: RoomRecord, user: UserId): JsonObject {
  const { store } = ctx
  const rules = rulesOf(room)
  const joinRules = store.currentStateEvent(room.roomId, 'm.room.join_rules', '')?.pdu.content
  if (!isRestrictedJoinRule(joinRuleOf(joinRules), rules)) return {}
  const membership = store.member(room.roomId, user)?.membership
  if (membership === 'invite' || membership === 'join' || membership === 'ban') return {}

  const allowed = restrictedAllowRooms(joinRules)
  const known = allowed.filter((id) => store.getRoom(id)?.participating === true)
  if (!known.some((id) => store.member(id, user)?.membership === 'join')) {
    if (known.length < allowed.length) {
      throw new RoomError(
        400,
        'M_UNABLE_TO_AUTHORISE_JOIN',
        'This server is not in the rooms whose members may join here.',
      )
    }
    throw new RoomError(403, 'M_FORBIDDEN', 'You are not in any of the rooms whose members may join here.')
  }
  const state = lookupIn(ctx, store.currentStateMap(room.roomId))
  const levels = powerLevelsOf(state('m.room.power_levels', '')?.content, state('m.room.create', ''), rules)
  const authoriser = store
    .joinedLocalUsers(room.roomId)
    .find((candidate) => levels.userLevel(candidate) >= levels.invite)
  if (authoriser === undefined) {
    throw new RoomError(400, 'M_UNABLE_TO_GRANT_JOIN', 'Nobody of this server may invite into that room.')
  }
  return { join_authorised_via_users_server: authoriser }
}
