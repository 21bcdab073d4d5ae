import { parseRoomAlias } from '../core/ids.ts'
import { powerLevelsOf } from '../core/power-levels.ts'
import type { JsonObject, RoomAlias, RoomId, ServerName, UserId } from '../core/types.ts'
import { RoomError } from './api.ts'
import { sendInTransaction, type EventDraft } from './build-event.ts'
import { commit } from './commit.ts'
import { rulesOf, type RoomsContext } from './context.ts'
import { deniedServer } from './denied-server.ts'
import { ifAllowed } from './if-allowed.ts'
import { RemoteError } from './ports.ts'
import { lookupIn } from './room-state.ts'
import { asksPolicyServer, sendRecommended } from './send-recommended.ts'

/** That one answer may name. */
const MAX_SERVERS = 100

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
    const found = await ctx.remote.queryDirectory(parsed.serverName, alias)
    return { roomId: found.roomId, servers: found.servers.slice(0, MAX_SERVERS) }
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
export async function deleteAlias(ctx: RoomsContext, alias: RoomAlias, user: UserId): Promise<void> {
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
  // "Return a successful response even if the user does not have permission to update" that event.
  const draftToAskAbout = commit(ctx, (effects) => {
    ctx.store.deleteAlias(alias)
    const draft = hiding(ctx, known.roomId, alias, user)
    if (draft === undefined) return undefined
    // Whose answer no transaction can wait for.
    if (asksPolicyServer(ctx, known.roomId, draft)) return draft
    ifAllowed(ctx, () => sendInTransaction(ctx, effects, known.roomId, draft))
    return undefined
  })
  if (draftToAskAbout === undefined) return
  try {
    await sendRecommended(ctx, known.roomId, draftToAskAbout)
  } catch (error) {
    if (!(error instanceof RoomError)) throw error
  }
}

/** What takes the alias out of what the room shows. */
function hiding(ctx: RoomsContext, roomId: RoomId, alias: RoomAlias, sender: UserId): EventDraft | undefined {
  const shown = ctx.store.currentStateEvent(roomId, 'm.room.canonical_alias', '')?.pdu.content
  const content = shown === undefined ? undefined : withoutAlias(shown, alias)
  return content === undefined ? undefined : { type: 'm.room.canonical_alias', stateKey: '', sender, content }
}

/** Undefined where the room does not show the alias. */
function withoutAlias(shown: JsonObject, alias: RoomAlias): JsonObject | undefined {
  const { alias: main, alt_aliases: others, ...rest } = shown
  const list = Array.isArray(others) ? others : []
  if (main !== alias && !list.includes(alias)) return undefined
  const left = list.filter((other) => other !== alias)
  return {
    ...rest,
    ...(main === undefined || main === alias ? {} : { alias: main }),
    ...(left.length === 0 ? {} : { alt_aliases: left }),
  }
}
