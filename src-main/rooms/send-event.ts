import { parseUserId } from '../core/ids.ts'
import type { EventId, UserId } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { RoomError, type SendEventArgs } from './api.ts'
import { sendSoon, type EventDraft } from './build-event.ts'
import { isLocal, type RoomsContext } from './context.ts'
import { sendInvite } from './invite-user.ts'
import { asksPolicyServer, sendRecommended } from './send-recommended.ts'

/**
 * Sends an event of a local user: durable, and queued for all servers of the room, when it returns.
 * The same client transaction id gives the same event again. Throws `RoomError`.
 */
export async function sendEvent(ctx: RoomsContext, args: SendEventArgs): Promise<EventId> {
  const { roomId, sender, txn, type } = args
  if (txn !== undefined) {
    const sent = ctx.store.clientTxn(txn, roomId)
    if (sent !== undefined) return sent
  }
  return await ctx.log.run('send event', { room: roomId, user: sender, type }, async (item) => {
    const eventId = await send(ctx, args, item)
    // Nothing that is queued or told was so before it was on disk.
    item.note('durable', { event: eventId })
    return eventId
  })
}

async function send(ctx: RoomsContext, args: SendEventArgs, item: LogItem): Promise<EventId> {
  const { roomId, sender, txn } = args
  const room = ctx.store.getRoom(roomId)
  if (room === undefined || !room.participating) {
    throw new RoomError(403, 'M_FORBIDDEN', 'You are not in this room.')
  }
  if (args.type === 'm.room.create') {
    throw new RoomError(403, 'M_FORBIDDEN', 'A room is created once.')
  }
  if (args.stateKey !== undefined && args.type === 'm.room.canonical_alias') {
    checkCanonicalAlias(ctx, args)
  }
  const draft: EventDraft = {
    type: args.type,
    stateKey: args.stateKey,
    sender,
    content: args.content,
    redacts: args.redacts,
    originServerTs: args.originServerTs,
    log: item,
  }
  if (isRemoteInvite(ctx, draft)) return sendInvite(ctx, roomId, draft)
  if (asksPolicyServer(ctx, roomId, draft)) return (await sendRecommended(ctx, roomId, draft, txn)).eventId
  return await sendSoon(ctx, roomId, draft, txn)
}

/** An invite that was set as plain state needs the other server's signature like any. */
function isRemoteInvite(ctx: RoomsContext, draft: EventDraft): boolean {
  return (
    draft.type === 'm.room.member' &&
    draft.content['membership'] === 'invite' &&
    parseUserId(draft.stateKey) !== undefined &&
    !isLocal(ctx, draft.stateKey as UserId)
  )
}

/** Client-server `PUT /state`: aliases that are added have to exist, as far as this server can tell. */
function checkCanonicalAlias(ctx: RoomsContext, args: SendEventArgs): void {
  const before = ctx.store.currentStateEvent(args.roomId, 'm.room.canonical_alias', '')?.pdu.content
  const known = new Set(aliasesIn(before))
  for (const alias of aliasesIn(args.content)) {
    if (known.has(alias)) continue
    if (typeof alias !== 'string' || !alias.startsWith('#') || !alias.includes(':')) {
      throw new RoomError(400, 'M_INVALID_PARAM', 'This is not a room alias.')
    }
    if (!alias.endsWith(`:${ctx.serverName}`)) continue
    if (ctx.store.alias(alias as Parameters<typeof ctx.store.alias>[0])?.roomId !== args.roomId) {
      throw new RoomError(400, 'M_BAD_ALIAS', `The alias ${alias} does not point to this room.`)
    }
  }
}

function aliasesIn(content: { [key: string]: unknown } | undefined): unknown[] {
  const alternative = content?.['alt_aliases']
  const canonical = content?.['alias']
  return [
    ...(canonical === undefined || canonical === null || canonical === '' ? [] : [canonical]),
    ...(Array.isArray(alternative) ? (alternative as unknown[]) : []),
  ]
}
