import { parseRoomAlias } from '../../core/ids.ts'
import { own, ownString } from '../../core/json.ts'
import type { JsonObject, RoomAlias, RoomId, ServerName, UserId } from '../../core/types.ts'
import { RoomError } from '../api.ts'
import type { RoomsContext } from '../context.ts'
import { allowedCandidates, candidates, findRoom } from '../join-room.ts'
import type { LocalMembership } from '../ports.ts'
import type { RoomSummary } from './api.ts'
import { readSummary } from './read-summary.ts'
import type { RemoteRooms } from './remote-rooms.ts'
import { plainTopic, summarise } from './summarise.ts'
import { userMaySee, userMaySeeSummary } from './who-may-see.ts'

/**
 * Client-server `GET /room_summary/{roomIdOrAlias}`: of a room that this server is in, or by
 * server-server `GET /hierarchy` of one that is. Of a room to which the user is invited and whose servers
 * are all away, what the invite said. Throws `RoomError`.
 */
export async function roomSummary(
  ctx: RoomsContext,
  remote: RemoteRooms,
  args: { user: UserId; room: RoomId | RoomAlias; via?: readonly ServerName[] },
): Promise<RoomSummary & { membership: string }> {
  const { user } = args
  const { roomId, servers } = await findRoom(ctx, args.room, args.via)
  const mine = ctx.store.localMembership(user, roomId)
  const membership = mine?.membership ?? 'leave'
  if (ctx.store.getRoom(roomId)?.participating === true) {
    if (!userMaySee(ctx, user, roomId)) throw hidden()
    return { ...summarise(ctx.store, roomId), membership }
  }
  const failures: string[] = []
  const isInvited = membership === 'invite' || membership === 'knock'
  const likely = (isInvited ? allowedCandidates : candidates)(ctx, user, roomId, servers)
  const told = await remote.ask(roomId, likely, failures)
  if (told !== undefined) {
    if (!userMaySeeSummary(ctx, user, told.summary)) throw hidden()
    return { ...told.summary, membership }
  }
  if (mine !== undefined && isInvited) {
    return { ...fromInvite(ctx, mine), membership }
  }
  const name = parseRoomAlias(args.room)?.alias ?? 'This room'
  if (failures.length === 0) {
    throw new RoomError(
      404,
      'M_NOT_FOUND',
      `${name} is not known here, and no server that may know it was named.`,
    )
  }
  throw new RoomError(404, 'M_NOT_FOUND', `${name} cannot be seen now: ${failures.join('; ')}.`)
}

const hidden = (): RoomError =>
  new RoomError(404, 'M_NOT_FOUND', 'There is no such room, or you may not see it.')

/** "Outdated, partial or even no data", but better than nothing. */
function fromInvite(ctx: RoomsContext, { roomId, strippedState }: LocalMembership): RoomSummary {
  const content = (type: string): JsonObject | undefined => {
    const event = strippedState.find((entry) => entry['type'] === type && entry['state_key'] === '')
    return own(event, 'content') as JsonObject | undefined
  }
  const raw: Record<string, string | number | undefined> = {
    room_id: roomId,
    num_joined_members: 0,
    join_rule: ownString(content('m.room.join_rules'), 'join_rule') ?? 'invite',
    name: ownString(content('m.room.name'), 'name'),
    topic: plainTopic(content('m.room.topic')),
    canonical_alias: ownString(content('m.room.canonical_alias'), 'alias'),
    avatar_url: ownString(content('m.room.avatar'), 'url'),
    room_type: ownString(content('m.room.create'), 'type'),
    encryption: ownString(content('m.room.encryption'), 'algorithm'),
    room_version: ctx.store.getRoom(roomId)?.version,
  }
  const json: JsonObject = {}
  for (const [key, value] of Object.entries(raw)) if (value !== undefined) json[key] = value
  const summary = readSummary(json)
  if (summary === undefined) throw hidden()
  return summary
}
