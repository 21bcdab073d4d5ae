import { isObject, own, ownString } from '../core/json.ts'
import { parseEventId, parseRoomId, parseUserId } from '../core/ids.ts'
import type { EventId, Json, JsonObject, RoomId, ServerName, UserId } from '../core/types.ts'
import { RoomError } from './api.ts'
import { commit } from './commit.ts'
import type { RoomsContext } from './context.ts'
import type { ReceiptRow } from './ports.ts'
import { aclAllows } from './server-acl.ts'

/** Of one transaction. Each is a look-up or two: more would hold up everybody else. */
const MAX_RECEIPTS = 2_000

type Row = Omit<ReceiptRow, 'receiptType' | 'streamPos'>

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
  if (isReadAlready(ctx, { ...args, userId: user, threadId })) return
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
function isReadAlready(ctx: RoomsContext, args: Omit<ReceiptRow, 'ts' | 'streamPos'>): boolean {
  const known = ctx.store
    .receiptsOf(args.roomId, args.userId)
    .find(({ receiptType, threadId }) => receiptType === args.receiptType && threadId === args.threadId)
  if (known === undefined) return false
  if (known.eventId === args.eventId) return true
  const at = ctx.store.getEvent(args.eventId)?.timelinePos
  return at !== undefined && (ctx.store.getEvent(known.eventId)?.timelinePos ?? -Infinity) >= at
}

/**
 * Server-server "Receipts": only users of the sender's own server, who are in the room, count. All of a
 * transaction are written together: who comes back after a week brings many.
 */
export function receiveReceipts(
  ctx: RoomsContext,
  origin: ServerName,
  contents: readonly JsonObject[],
): void {
  const rows: Row[] = []
  let looked = 0
  for (const [room, types] of contents.flatMap((content) => Object.entries(content))) {
    if (looked >= MAX_RECEIPTS) break
    looked++
    const roomId = parseRoomId(room)
    const users = own(types, 'm.read')
    if (roomId === undefined || !isObject(users)) continue
    if (ctx.store.getRoom(roomId)?.participating !== true || !aclAllows(ctx, roomId, origin)) continue
    for (const [id, receipt] of Object.entries(users)) {
      if (looked++ >= MAX_RECEIPTS) break
      const user = parseUserId(id)
      if (user?.serverName !== origin || ctx.store.member(roomId, user.userId)?.membership !== 'join')
        continue
      const row = readReceipt(ctx, roomId, user.userId, receipt)
      if (row !== undefined && !isReadAlready(ctx, { ...row, receiptType: 'm.read' })) rows.push(row)
    }
  }
  if (looked >= MAX_RECEIPTS) ctx.log.note('receipts left out', { server: origin }, 'warn')
  if (rows.length === 0) return
  commit(ctx, (effects) => {
    for (const row of rows) {
      ctx.store.putReceipt({ ...row, receiptType: 'm.read', streamPos: ctx.store.nextStreamPos() })
      effects.rooms.add(row.roomId)
    }
  })
}

/** One receipt of an EDU; undefined for what makes no sense. The event may still be on its way. */
function readReceipt(ctx: RoomsContext, roomId: RoomId, userId: UserId, receipt: Json): Row | undefined {
  const ids = own(receipt, 'event_ids')
  const eventId = Array.isArray(ids) ? parseEventId(ids.at(-1)) : undefined
  if (eventId === undefined) return undefined
  const event = ctx.store.getEvent(eventId)
  if (event !== undefined && event.pdu.roomId !== roomId) return undefined
  const data = own(receipt, 'data')
  const threadId = ownString(data, 'thread_id')
  if (threadId !== undefined && !isThread(ctx, roomId, threadId)) return undefined
  const said = own(data, 'ts')
  const now = ctx.clock.now()
  // Nobody has read anything in the future.
  const ts = typeof said === 'number' && Number.isSafeInteger(said) && said >= 0 ? Math.min(said, now) : now
  return { roomId, userId, eventId, threadId, ts }
}

/** A receipt is kept for each thread: names of threads that do not exist would have no end. */
function isThread(ctx: RoomsContext, roomId: RoomId, threadId: string): boolean {
  return threadId === 'main' || ctx.store.getEvent(threadId as EventId)?.pdu.roomId === roomId
}
