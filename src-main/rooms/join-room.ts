import { parseRoomAlias, parseRoomId, serverNameOf } from '../core/ids.ts'
import { own, ownString } from '../core/json.ts'
import type { JsonObject, RoomAlias, RoomId, ServerName, UserId } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { resolveAlias } from './aliases.ts'
import { RoomError } from './api.ts'
import { serverOf, type RoomsContext } from './context.ts'
import { deniedServer } from './denied-server.ts'
import type { PendingLeaves } from './leaving/pending-leaves.ts'
import { joinInvited } from './join-invited.ts'
import { memberContent, withReason } from './member-content.ts'
import type { RoomRecord } from './ports.ts'
import { joinThroughServers } from './remote-join.ts'
import { authoriseJoin } from './restricted-join.ts'
import { sendRecommended } from './send-recommended.ts'

export interface JoinArgs {
  readonly user: UserId
  readonly room: RoomId | RoomAlias
  readonly via?: readonly ServerName[]
  readonly reason?: string | undefined
  readonly extraContent?: JsonObject
}

const MAX_CANDIDATES = 10

/**
 * Client-server `POST /join`: in a room that this server is in, as an event of its own; else through a
 * server that is. Who is in the room already stays in it. Throws `RoomError`.
 */
export async function joinRoom(ctx: RoomsContext, leaves: PendingLeaves, args: JoinArgs): Promise<RoomId> {
  const { roomId, servers } = await findRoom(ctx, args.room, args.via)
  return ctx.log.run('join room', { room: roomId, user: args.user }, (item) =>
    // In the lane, so that two joins of one room are not two handshakes, and what the room's servers
    // send from the moment of the handshake on waits until its end.
    ctx.lanes.run(roomId, async () => {
      const content = memberContent(ctx, args.user, 'join', {
        ...args.extraContent,
        ...withReason(args.reason),
      })
      const room = ctx.store.getRoom(roomId)
      const doubted = (named: readonly ServerName[]): void => leaves.doubt(args.user, roomId, named)
      if (room?.participating === true) {
        await joinKnown(ctx, item, room, args.user, content, servers, doubted)
      } else {
        const likely = candidates(ctx, args.user, roomId, servers)
        await joinInvited(ctx, args.user, roomId, () =>
          joinThroughServers(ctx, item, roomId, args.user, content, likely, doubted),
        )
      }
      leaves.drop(args.user, roomId)
      return roomId
    }),
  )
}

/** The room that is meant, and servers that were named with it. */
export async function findRoom(
  ctx: RoomsContext,
  room: RoomId | RoomAlias,
  via: readonly ServerName[] | undefined,
): Promise<{ roomId: RoomId; servers: ServerName[] }> {
  const alias = parseRoomAlias(room)
  if (alias !== undefined) {
    const found = await resolveAlias(ctx, alias.alias)
    return { roomId: found.roomId, servers: [...(via ?? []), alias.serverName, ...found.servers] }
  }
  const roomId = parseRoomId(room)
  if (roomId === undefined) throw new RoomError(400, 'M_INVALID_PARAM', `${room} is not a room id or alias.`)
  return { roomId, servers: [...(via ?? [])] }
}

async function joinKnown(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  user: UserId,
  content: JsonObject,
  servers: readonly ServerName[],
  doubted: (servers: readonly ServerName[]) => void,
): Promise<void> {
  if (ctx.store.member(room.roomId, user)?.membership === 'join') return
  let authorisation: JsonObject
  try {
    authorisation = authoriseJoin(ctx, room, user)
  } catch (error) {
    if (!(error instanceof RoomError) || error.status !== 400) throw error
    // Nobody here can vouch for the user; somebody of another server may.
    const elsewhere = [...servers, ...ctx.store.joinedServers(room.roomId)]
    await joinThroughServers(ctx, item, room.roomId, user, content, usable(ctx, elsewhere), doubted)
    return
  }
  try {
    await sendRecommended(ctx, room.roomId, {
      type: 'm.room.member',
      stateKey: user,
      sender: user,
      content: { ...content, ...authorisation },
    })
  } catch (error) {
    const isForbidden = error instanceof RoomError && error.errcode === 'M_FORBIDDEN'
    if (!isForbidden || !invitedElsewhere(ctx, user, room.roomId)) throw error
    const inviters = candidates(ctx, user, room.roomId, servers)
    await joinInvited(ctx, user, room.roomId, () =>
      joinThroughServers(ctx, item, room.roomId, user, content, inviters, doubted),
    )
  }
}

/** The invite itself was handed to us, and the room's state here does not have it yet: its server's does. */
function invitedElsewhere(ctx: RoomsContext, user: UserId, roomId: RoomId): boolean {
  return (
    ctx.store.localMembership(user, roomId)?.membership === 'invite' &&
    ctx.store.member(roomId, user)?.membership !== 'invite'
  )
}

/** Servers that may be in a room that we are not in, the likeliest first. Throws where the settings deny all of them. */
export function candidates(
  ctx: RoomsContext,
  user: UserId,
  roomId: RoomId,
  named: readonly ServerName[],
): ServerName[] {
  return usable(ctx, likelyServers(ctx, user, roomId, named))
}

/** The same without those that the settings deny; it may be none. */
export function allowedCandidates(...args: Parameters<typeof candidates>): ServerName[] {
  const [ctx] = args
  return likelyServers(...args)
    .filter((server) => ctx.domainAllowed(server))
    .slice(0, MAX_CANDIDATES)
}

function likelyServers(
  ctx: RoomsContext,
  user: UserId,
  roomId: RoomId,
  named: readonly ServerName[],
): ServerName[] {
  const servers: ServerName[] = [...named]
  const invite = ctx.store.localMembership(user, roomId)
  if (invite !== undefined) {
    servers.push(serverOf(invite.sender))
    for (const event of invite.strippedState) {
      const sender = ownString(event, 'sender')
      if (sender !== undefined) servers.push(serverOf(sender))
      const member = own(event, 'type') === 'm.room.member' ? ownString(event, 'state_key') : undefined
      if (member !== undefined) servers.push(serverOf(member))
    }
  }
  servers.push(...ctx.store.joinedServers(roomId), serverNameOf(roomId))
  return others(ctx, servers)
}

function others(ctx: RoomsContext, servers: readonly ServerName[]): ServerName[] {
  return [...new Set(servers)].filter((server) => server !== '' && server !== ctx.serverName)
}

/** Throws where the settings deny all of them. */
function usable(ctx: RoomsContext, servers: readonly ServerName[]): ServerName[] {
  const named = others(ctx, servers)
  const allowed = named.filter((server) => ctx.domainAllowed(server))
  const [first] = named
  if (allowed.length === 0 && first !== undefined) throw deniedServer(first)
  return allowed.slice(0, MAX_CANDIDATES)
}
