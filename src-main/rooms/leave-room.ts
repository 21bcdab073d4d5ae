import type { JsonObject, Pdu, RoomId, ServerName, UserId } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { RoomError } from './api.ts'
import { makePdu } from './build-event.ts'
import { sendRecommended } from './send-recommended.ts'
import { commit } from './commit.ts'
import { inBackground, serverOf, type RoomsContext } from './context.ts'
import { allowedCandidates } from './join-room.ts'
import { leaveThrough } from './leaving/leave-through.ts'
import type { PendingLeaves } from './leaving/pending-leaves.ts'
import { withReason } from './member-content.ts'
import type { LocalMembership } from './ports.ts'

const MAX_SERVERS = 3
/** After this the user is out here, and the other servers are told when they can be reached. */
const PATIENCE_MS = 3_000

/**
 * Client-server `POST /leave`: leaves, rejects an invite, retracts a knock. Where this server is not in the
 * room, a server that is gets the event (server-server "Leaving Rooms"); where none can be reached, the
 * user is out here at once, and the others are told later. Throws `RoomError`.
 */
export async function leaveRoom(
  ctx: RoomsContext,
  leaves: PendingLeaves,
  args: { user: UserId; roomId: RoomId; reason?: string | undefined },
): Promise<void> {
  const { user, roomId } = args
  const content: JsonObject = { ...withReason(args.reason), membership: 'leave' }
  const membership = ctx.store.member(roomId, user)?.membership
  if (ctx.store.getRoom(roomId)?.participating === true && membership !== undefined) {
    if (membership === 'leave') return
    if (membership === 'ban') throw new RoomError(403, 'M_FORBIDDEN', 'You are banned from this room.')
    await sendRecommended(ctx, roomId, { type: 'm.room.member', stateKey: user, sender: user, content })
    return
  }
  const waiting = ctx.store.localMembership(user, roomId)
  if (waiting === undefined) throw new RoomError(403, 'M_FORBIDDEN', 'You are not in this room.')
  if (waiting.membership !== 'invite' && waiting.membership !== 'knock') return
  await ctx.log.run('leave', { room: roomId, user, from: waiting.membership }, async (item) => {
    const first = waiting.membership === 'invite' ? [serverOf(waiting.sender)] : []
    const servers = allowedCandidates(ctx, user, roomId, first).slice(0, MAX_SERVERS)
    const telling = tellServers(ctx, item, servers, waiting, content)
    const told = await inTime(ctx, telling)
    if (told !== undefined && told.away.length === 0) {
      recordLeave(ctx, waiting, told.pdu ?? localLeave(ctx, waiting, content))
      return
    }
    item.note('left here only', { reason: 'the other servers will be told' }, 'warn')
    const pending = recordLeave(ctx, waiting, localLeave(ctx, waiting, content), () =>
      leaves.write({ userId: user, roomId, servers: told?.away ?? servers, reason: args.reason }),
    )
    if (pending !== undefined) leaves.begin(pending)
    if (told !== undefined) return
    inBackground(ctx, 'late leave', { room: roomId, user }, async () => {
      // What was begun may come to its end after all.
      if ((await telling).away.length === 0) leaves.drop(user, roomId)
    })
  })
}

/** Undefined where they take too long for the user to wait. */
async function inTime<T>(ctx: RoomsContext, work: Promise<T>): Promise<T | undefined> {
  let cancel = (): void => undefined
  const patience = new Promise<undefined>((resolve) => {
    cancel = ctx.clock.setTimeout(() => resolve(undefined), PATIENCE_MS)
  })
  try {
    return await Promise.race([work, patience])
  } finally {
    cancel()
  }
}

interface Told {
  readonly pdu: Pdu | undefined
  /** Empty also where one of them was told. */
  readonly away: readonly ServerName[]
}

async function tellServers(
  ctx: RoomsContext,
  item: LogItem,
  servers: readonly ServerName[],
  waiting: LocalMembership,
  content: JsonObject,
): Promise<Told> {
  const away: ServerName[] = []
  for (const server of servers) {
    const left = await leaveThrough(ctx, item, server, waiting, content)
    if (left.result === 'left') return { pdu: left.pdu, away: [] }
    if (left.result === 'away') away.push(server)
  }
  return { pdu: undefined, away }
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

/** The user is out, here; with what `also` writes in the same transaction, where this was still to be done. */
function recordLeave<T>(
  ctx: RoomsContext,
  waiting: LocalMembership,
  pdu: Pdu,
  also?: () => T,
): T | undefined {
  const { store } = ctx
  return commit(ctx, (effects) => {
    // While others were asked, the user may have joined after all, or been invited again.
    if (store.localMembership(waiting.userId, waiting.roomId)?.eventId !== waiting.eventId) return undefined
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
    return also?.()
  })
}
