import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { EventId, JsonObject, UserId } from '../../core/types.ts'
import { notFound } from '../../http/errors.ts'
import { intQuery, readBody } from '../body.ts'
import { requireJoined, type Ctx, type Register } from '../context.ts'
import { eventIdOf, roomIdOf } from '../ids.ts'
import type { Deliveries, Delivery } from '../ports.ts'

const MAX_EVENTS = 100
const MAX_WAIT_MS = 60_000

const batchBody = z.object({
  event_ids: z.array(z.string().max(255)).max(MAX_EVENTS),
  since: z.string().max(64).optional(),
})

/**
 * Which servers have an event that a user of this node sent, for everybody in the room:
 * GET /_hearth/v1/rooms/{roomId}/delivery/{eventId}, and POST /_hearth/v1/delivery for many at once,
 * which with `since` waits up to `?timeout=` milliseconds for an answer that differs from the one before.
 */
export const registerDelivery: Register = (app, ctx) => {
  const { deliveries } = ctx
  if (deliveries === undefined) return

  app.get('/_hearth/v1/rooms/:roomId/delivery/:eventId', (c) => {
    const { userId } = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId'))
    const eventId = eventIdOf(c.req.param('eventId'))
    requireJoined(ctx, userId, roomId)
    if (ctx.reader.getEvent(eventId)?.pdu.roomId !== roomId) throw notFound('There is no such event')
    const found = deliveryOf(ctx, deliveries, userId, eventId)
    if (found === undefined) throw notFound('This server tells the delivery of its own users’ events only')
    return c.json(found)
  })

  app.post('/_hearth/v1/delivery', async (c) => {
    const { userId } = ctx.session(c)
    const { event_ids: ids, since } = await readBody(c, batchBody)
    const asked = [...new Set(ids)].map((id) => eventIdOf(id))
    const deadline = ctx.clock.monotonic() + intQuery(c, 'timeout', 0, 0, MAX_WAIT_MS)
    const { signal } = c.req.raw
    for (;;) {
      const events: JsonObject = {}
      for (const id of asked) {
        const found = deliveryOf(ctx, deliveries, userId, id)
        if (found !== undefined) events[id] = found
      }
      // The position is what was said, so it needs no memory here and survives a restart.
      const position = createHash('sha256').update(JSON.stringify(events)).digest('base64url').slice(0, 22)
      const left = deadline - ctx.clock.monotonic()
      if (position !== since || left <= 0 || signal.aborted || ctx.notifier.stopped)
        return c.json({ position, events })
      await deliveries.nextChange(signal, left)
      ctx.session(c)
    }
  })
}

/** Undefined for what this user may not see, and for what others sent: only the own node knows whom it told. */
function deliveryOf(
  ctx: Ctx,
  deliveries: Deliveries,
  userId: UserId,
  eventId: EventId,
): JsonObject | undefined {
  const pdu = ctx.reader.getEvent(eventId)?.pdu
  if (pdu === undefined || !ctx.isLocal(pdu.sender)) return undefined
  if (ctx.reader.localMembership(userId, pdu.roomId)?.membership !== 'join') return undefined
  return { destinations: deliveries.of(eventId).map(deliveryJson) }
}

function deliveryJson({ serverName, displayName, state, ts, error, denied }: Delivery): JsonObject {
  return {
    server_name: serverName,
    ...(displayName === undefined ? {} : { display_name: displayName }),
    state,
    ...(ts === undefined ? {} : { ts }),
    ...(error === undefined ? {} : { error }),
    ...(denied ? { denied } : {}),
  }
}
