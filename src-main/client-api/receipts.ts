import { z } from 'zod'
import type { EventId, RoomId, UserId } from '../core/types.ts'
import { invalidParam } from '../http/errors.ts'
import { readBody, readOptionalBody } from './body.ts'
import { requireJoined, type Ctx, type Register } from './context.ts'
import { eventIdOf, roomIdOf } from './ids.ts'
import { relationOf, threadOf } from './push/relation.ts'

const receiptBody = z.looseObject({ thread_id: z.string().min(1).max(255).optional() })
const markersBody = z.looseObject({
  'm.fully_read': z.string().optional(),
  'm.read': z.string().optional(),
  'm.read.private': z.string().optional(),
})

/** POST /rooms/{roomId}/receipt/{receiptType}/{eventId}, POST /rooms/{roomId}/read_markers */
export const registerReceipts: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/rooms/:roomId/receipt/:receiptType/:eventId', async (c) => {
    const { userId } = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId'))
    const eventId = c.req.param('eventId')
    const type = c.req.param('receiptType')
    const { thread_id: threadId } = await readOptionalBody(c, receiptBody)
    requireJoined(ctx, userId, roomId)
    if (type === 'm.fully_read') {
      if (threadId !== undefined) throw invalidParam('m.fully_read has no thread_id')
      setFullyRead(ctx, userId, roomId, eventId)
    } else if (type === 'm.read' || type === 'm.read.private') {
      const id = eventIdOf(eventId)
      requireInThread(ctx, id, threadId)
      ctx.rooms.putReceipt({ user: userId, roomId, eventId: id, receiptType: type, threadId })
    } else throw invalidParam('This kind of receipt is not known')
    return c.json({})
  })

  app.post('/_matrix/client/v3/rooms/:roomId/read_markers', async (c) => {
    const { userId } = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId'))
    const body = await readBody(c, markersBody)
    requireJoined(ctx, userId, roomId)
    if (body['m.fully_read'] !== undefined) setFullyRead(ctx, userId, roomId, body['m.fully_read'])
    for (const receiptType of ['m.read', 'm.read.private'] as const) {
      const eventId = body[receiptType]
      if (eventId !== undefined) {
        ctx.rooms.putReceipt({ user: userId, roomId, eventId: eventIdOf(eventId), receiptType })
      }
    }
    return c.json({})
  })
}

/** Clients do not agree on what is in the main timeline, so only what cannot be in a thread is refused. */
function requireInThread(ctx: Ctx, eventId: EventId, threadId: string | undefined): void {
  const event = ctx.reader.getEvent(eventId)
  if (threadId === undefined || threadId === 'main' || event === undefined) return
  const isRelated =
    eventId === threadId ||
    threadOf(ctx.reader, event.pdu) === threadId ||
    relationOf(event.pdu)?.eventId === threadId
  if (!isRelated) throw invalidParam('The event is not in this thread')
}

function setFullyRead(ctx: Ctx, user: UserId, roomId: RoomId, eventId: string): void {
  ctx.accounts.putAccountData(user, roomId, 'm.fully_read', { event_id: eventIdOf(eventId) })
  ctx.notifier.wake([user])
}
