import { isObject, own, ownString } from '../core/json.ts'
import { parseEventId, parseRoomId, parseUserId } from '../core/ids.ts'
import type { EventId, JsonObject, RoomId, ServerName, UserId } from '../core/types.ts'
import { RoomError } from './api.ts'
import { commit } from './commit.ts'
import type { RoomsContext } from './context.ts'
import { aclAllows } from './server-acl.ts'

const MAX_RECEIPTS_IN_EDU = 1000

/** Client-server `POST /receipt`: stored, and told to the room's other servers unless private. */
export function putReceipt(
  ctx: RoomsContext,
  args: {
    user: UserId
    roomId: RoomId
    eventId: EventId
    receiptType: 'm.read' | 'm.read.private'
    threadId?: string | undefined
  },
): void {
  const { user, roomId, eventId, receiptType, threadId } = args
  if (ctx.store.member(roomId, user)?.membership !== 'join') {
    throw new RoomError(403, 'M_FORBIDDEN', 'You are not in this room.')
  }
  if (ctx.store.getEvent(eventId)?.pdu.roomId !== roomId) {
    throw new RoomError(404, 'M_NOT_FOUND', 'There is no such event in this room.')
  }
  if (isReadAlready(ctx, args)) return
  const ts = ctx.clock.now()
  commit(ctx, (effects) => {
    ctx.store.putReceipt({
      roomId,
      userId: user,
      receiptType,
      eventId,
      threadId,
      ts,
      streamPos: ctx.store.nextStreamPos(),
    })
    effects.rooms.add(roomId)
    if (receiptType === 'm.read.private') return
    const data: JsonObject = threadId === undefined ? { ts } : { ts, thread_id: threadId }
    const edu: JsonObject = {
      edu_type: 'm.receipt',
      content: { [roomId]: { 'm.read': { [user]: { data, event_ids: [eventId] } } } },
    }
    for (const server of ctx.store.joinedServers(roomId)) {
      if (server === ctx.serverName || !ctx.domainAllowed(server)) continue
      ctx.store.enqueueEdu(server, edu, `m.receipt ${roomId} ${user} ${threadId ?? ''}`)
      effects.destinations.add(server)
    }
  })
}

/** A device that is behind another must not take back what was read. */
function isReadAlready(
  ctx: RoomsContext,
  args: {
    user: UserId
    roomId: RoomId
    eventId: EventId
    receiptType: string
    threadId?: string | undefined
  },
): boolean {
  const at = ctx.store.getEvent(args.eventId)?.timelinePos
  if (at === undefined) return false
  return ctx.store
    .receiptsOf(args.roomId, args.user)
    .some(
      ({ receiptType, threadId, eventId }) =>
        receiptType === args.receiptType &&
        threadId === args.threadId &&
        (ctx.store.getEvent(eventId)?.timelinePos ?? -Infinity) >= at,
    )
}

/** Server-server "Receipts": only users of the sender's own server, who are in the room, count. */
export function receiveReceipts(ctx: RoomsContext, origin: ServerName, content: JsonObject): void {
  const rows: {
    roomId: RoomId
    userId: UserId
    eventId: EventId
    threadId: string | undefined
    ts: number
  }[] = []
  for (const [room, types] of Object.entries(content)) {
    const roomId = parseRoomId(room)
    const users = own(types, 'm.read')
    if (roomId === undefined || !isObject(users)) continue
    if (ctx.store.getRoom(roomId)?.participating !== true || !aclAllows(ctx, roomId, origin)) continue
    for (const [id, receipt] of Object.entries(users)) {
      if (rows.length >= MAX_RECEIPTS_IN_EDU) break
      const user = parseUserId(id)
      if (user?.serverName !== origin || ctx.store.member(roomId, user.userId)?.membership !== 'join')
        continue
      const ids = own(receipt, 'event_ids')
      const eventId = Array.isArray(ids) ? parseEventId(ids.at(-1)) : undefined
      if (eventId === undefined) continue
      const data = own(receipt, 'data')
      const threadId = ownString(data, 'thread_id')
      if (threadId !== undefined && !isThread(ctx, roomId, threadId)) continue
      const ts = own(data, 'ts')
      rows.push({
        roomId,
        userId: user.userId,
        eventId,
        threadId,
        ts: typeof ts === 'number' && Number.isSafeInteger(ts) ? ts : ctx.clock.now(),
      })
    }
  }
  if (rows.length === 0) return
  commit(ctx, (effects) => {
    for (const row of rows) {
      ctx.store.putReceipt({ ...row, receiptType: 'm.read', streamPos: ctx.store.nextStreamPos() })
      effects.rooms.add(row.roomId)
    }
  })
}

/** A receipt is kept for each thread: names of threads that do not exist would have no end. */
function isThread(ctx: RoomsContext, roomId: RoomId, threadId: string): boolean {
  return threadId === 'main' || ctx.store.getEvent(threadId as EventId)?.pdu.roomId === roomId
}
