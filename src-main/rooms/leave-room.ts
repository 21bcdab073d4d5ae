import type { JsonObject, Pdu, RoomId, ServerName, UserId } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { RoomError } from './api.ts'
import { makePdu, sendNow } from './build-event.ts'
import { commit } from './commit.ts'
import { serverOf, type RoomsContext } from './context.ts'
import { signTemplate } from './handshake.ts'
import { withReason } from './member-content.ts'
import { candidates } from './join-room.ts'
import type { LocalMembership } from './ports.ts'

const MAX_SERVERS = 3
/** After this the user is out, whatever the other servers say. */
const PATIENCE_MS = 10_000

/**
 * Client-server `POST /leave`: leaves, rejects an invite, retracts a knock. Where this server is not in the
 * room, a server that is gets the event (server-server "Leaving Rooms"); if none can be reached, the
 * user is out all the same, here. Throws `RoomError`.
 */
export async function leaveRoom(
  ctx: RoomsContext,
  args: { user: UserId; roomId: RoomId; reason?: string | undefined },
): Promise<void> {
  const { user, roomId } = args
  const content: JsonObject = { ...withReason(args.reason), membership: 'leave' }
  const membership = ctx.store.member(roomId, user)?.membership
  if (ctx.store.getRoom(roomId)?.participating === true && membership !== undefined) {
    if (membership === 'leave') return
    if (membership === 'ban') throw new RoomError(403, 'M_FORBIDDEN', 'You are banned from this room.')
    sendNow(ctx, roomId, { type: 'm.room.member', stateKey: user, sender: user, content })
    return
  }
  const waiting = ctx.store.localMembership(user, roomId)
  if (waiting === undefined) throw new RoomError(403, 'M_FORBIDDEN', 'You are not in this room.')
  if (waiting.membership !== 'invite' && waiting.membership !== 'knock') return
  await ctx.log.run('leave', { room: roomId, user, from: waiting.membership }, async (item) => {
    const told = await tellServers(ctx, item, waiting, content)
    recordLeave(ctx, waiting, told ?? localLeave(ctx, waiting, content))
  })
}

async function tellServers(
  ctx: RoomsContext,
  item: LogItem,
  waiting: LocalMembership,
  content: JsonObject,
): Promise<Pdu | undefined> {
  const { userId, roomId } = waiting
  const first = waiting.membership === 'invite' ? [serverOf(waiting.sender)] : []
  let cancel = (): void => undefined
  const patience = new Promise<undefined>((resolve) => {
    cancel = ctx.clock.setTimeout(() => resolve(undefined), PATIENCE_MS)
  })
  const attempt = async (): Promise<Pdu | undefined> => {
    for (const server of serversToTell(ctx, userId, roomId, first)) {
      const pdu = await leaveThrough(ctx, item, server, waiting, content)
      if (pdu !== undefined) return pdu
    }
    return undefined
  }
  const told = await Promise.race([attempt(), patience])
  cancel()
  if (told === undefined) item.note('left here only', { reason: 'no server could be reached' }, 'warn')
  return told
}

/** None where the settings deny all of them: then the user leaves here. */
function serversToTell(
  ctx: RoomsContext,
  user: UserId,
  roomId: RoomId,
  first: readonly ServerName[],
): ServerName[] {
  try {
    return candidates(ctx, user, roomId, first).slice(0, MAX_SERVERS)
  } catch (error) {
    if (error instanceof RoomError) return []
    throw error
  }
}

/** Undefined where it fails: why is in the trace, and the user leaves anyway. */
async function leaveThrough(
  ctx: RoomsContext,
  item: LogItem,
  server: ServerName,
  waiting: LocalMembership,
  content: JsonObject,
): Promise<Pdu | undefined> {
  const { userId: user, roomId } = waiting
  try {
    return await item.wrap('leave through', { server }, async () => {
      const template = await ctx.remote.makeLeave(server, roomId, user)
      const version = ctx.store.getRoom(roomId)?.version ?? template.roomVersion
      const pdu = signTemplate(
        ctx,
        { event: template.event, roomVersion: version },
        { roomId, user, membership: 'leave', content },
      )
      await ctx.remote.sendLeave(server, roomId, pdu)
      return pdu
    })
  } catch (error) {
    item.note(
      'not left through',
      { server, reason: error instanceof Error ? error.message : String(error) },
      'info',
    )
    return undefined
  }
}

/** An event for our own user's eyes, in reply to the invite. */
function localLeave(ctx: RoomsContext, waiting: LocalMembership, content: JsonObject): Pdu {
  const invite = ctx.store.getEvent(waiting.eventId)
  const version = ctx.store.getRoom(waiting.roomId)?.version
  if (version === undefined) throw new RoomError(404, 'M_NOT_FOUND', 'There is no such room here.')
  const draft = { type: 'm.room.member', stateKey: waiting.userId, sender: waiting.userId, content }
  return makePdu(ctx, { roomId: waiting.roomId, version }, draft, {
    prevEvents: [waiting.eventId],
    authEvents: [waiting.eventId],
    depth: (invite?.pdu.depth ?? 0) + 1,
  })
}

function recordLeave(ctx: RoomsContext, waiting: LocalMembership, pdu: Pdu): void {
  const { store } = ctx
  commit(ctx, (effects) => {
    // While others were asked, the user may have joined after all, or been invited again.
    if (store.localMembership(waiting.userId, waiting.roomId)?.eventId !== waiting.eventId) return
    // The answer of the room may have been faster, by a transaction.
    if (store.getEvent(pdu.eventId) === undefined) {
      store.insertEvent({ pdu, status: 'outlier', receivedTs: ctx.clock.now() })
    }
    store.putLocalMembership({
      ...waiting,
      membership: 'leave',
      eventId: pdu.eventId,
      sender: waiting.userId,
      streamPos: store.nextStreamPos(),
      strippedState: [],
    })
    effects.users.add(waiting.userId)
  })
}
