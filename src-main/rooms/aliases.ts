import { parseRoomAlias } from '../core/ids.ts'
import { powerLevelsOf } from '../core/power-levels.ts'
import type { RoomAlias, RoomId, ServerName, UserId } from '../core/types.ts'
import { RoomError } from './api.ts'
import { commit } from './commit.ts'
import { rulesOf, type RoomsContext } from './context.ts'
import { deniedServer } from './denied-server.ts'
import { RemoteError } from './ports.ts'
import { lookupIn } from './room-state.ts'

/** `GET /directory/room/{alias}`: here, or by asking the alias's server. */
export async function resolveAlias(
  ctx: RoomsContext,
  alias: RoomAlias,
): Promise<{ roomId: RoomId; servers: ServerName[] }> {
  const parsed = parseRoomAlias(alias)
  if (parsed === undefined) throw new RoomError(400, 'M_INVALID_PARAM', 'This is not a room alias.')
  if (parsed.serverName === ctx.serverName) {
    const known = ctx.store.alias(alias)
    if (known === undefined) throw new RoomError(404, 'M_NOT_FOUND', `There is no room ${alias}.`)
    return { roomId: known.roomId, servers: known.servers }
  }
  if (!ctx.domainAllowed(parsed.serverName)) throw deniedServer(parsed.serverName)
  try {
    return await ctx.remote.queryDirectory(parsed.serverName, alias)
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error
    if (error.status === 404) throw new RoomError(404, 'M_NOT_FOUND', `There is no room ${alias}.`)
    throw new RoomError(
      502,
      'M_UNKNOWN',
      `${parsed.serverName} could not be asked for ${alias}: ${error.message}`,
    )
  }
}

export function createAlias(ctx: RoomsContext, alias: RoomAlias, roomId: RoomId, user: UserId): void {
  const parsed = parseRoomAlias(alias)
  if (parsed === undefined || parsed.serverName !== ctx.serverName) {
    throw new RoomError(400, 'M_INVALID_PARAM', 'This is not an alias of this server.')
  }
  if (ctx.store.alias(alias) !== undefined)
    throw new RoomError(409, 'M_UNKNOWN', `The alias ${alias} is taken.`)
  if (ctx.store.member(roomId, user)?.membership !== 'join') {
    throw new RoomError(403, 'M_FORBIDDEN', 'You are not in this room.')
  }
  commit(ctx, () => ctx.store.putAlias(alias, roomId, user))
}

/** Who made the alias may delete it, and who may change the room's canonical alias. */
export function deleteAlias(ctx: RoomsContext, alias: RoomAlias, user: UserId): void {
  const known = ctx.store.alias(alias)
  if (known === undefined) throw new RoomError(404, 'M_NOT_FOUND', `There is no alias ${alias} here.`)
  const room = ctx.store.getRoom(known.roomId)
  if (known.creator !== user && room !== undefined) {
    const state = lookupIn(ctx, ctx.store.currentStateMap(known.roomId))
    const levels = powerLevelsOf(
      state('m.room.power_levels', '')?.content,
      state('m.room.create', ''),
      rulesOf(room),
    )
    const joined = ctx.store.member(known.roomId, user)?.membership === 'join'
    if (!joined || levels.userLevel(user) < levels.eventLevel('m.room.canonical_alias', true)) {
      throw new RoomError(403, 'M_FORBIDDEN', 'You may not delete this alias.')
    }
  }
  commit(ctx, () => ctx.store.deleteAlias(alias))
}
