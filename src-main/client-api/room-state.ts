import type { Context } from 'hono'
import { stateKeyOf, type JsonObject, type RoomId, type StateMap, type UserId } from '../core/types.ts'
import { forbidden, notFound } from '../http/errors.ts'
import { jsonInSlices } from '../http/json-in-slices.ts'
import { inTurns } from '../trace/turns.ts'
import { createFormatter, formatInPieces } from './client-event.ts'
import { isWorldReadable, requireReadable, type Ctx, type Register } from './context.ts'
import { roomIdOf } from './ids.ts'

/** GET /rooms/{roomId}/state and /rooms/{roomId}/state/{eventType}/{stateKey} (`?format=event` too). */
export const registerRoomState: Register = (app, ctx) => {
  app.get('/_matrix/client/v3/rooms/:roomId/state', async (c) => {
    const session = ctx.session(c)
    const state = readableState(ctx, session.userId, roomIdOf(c.req.param('roomId')))
    const formatter = createFormatter(ctx.reader, session, ctx.clock.now())
    return jsonInSlices(await inTurns(formatInPieces(ctx.reader, formatter, [...state.values()])))
  })

  const getOne = (c: Context): Response => {
    const session = ctx.session(c)
    const state = readableState(ctx, session.userId, roomIdOf(c.req.param('roomId') ?? ''))
    const id = state.get(stateKeyOf(c.req.param('eventType') ?? '', c.req.param('stateKey') ?? ''))
    const event = id === undefined ? undefined : ctx.reader.getEvent(id)
    if (event === undefined) throw notFound('The room has no such state')
    const json: JsonObject =
      c.req.query('format') === 'event'
        ? createFormatter(ctx.reader, session, ctx.clock.now()).format(event)
        : event.pdu.content
    return c.json(json)
  }
  const base = '/_matrix/client/v3/rooms/:roomId/state/:eventType'
  app.get(base, getOne)
  app.get(`${base}/`, getOne)
  app.get(`${base}/:stateKey{.+}`, getOne)
}

/** The current state; for who left, the state when they left. */
export function readableState(ctx: Ctx, userId: UserId, roomId: RoomId): StateMap {
  const membership = requireReadable(ctx, userId, roomId)
  if (membership === undefined || membership.membership === 'join' || isWorldReadable(ctx, roomId)) {
    return ctx.reader.currentStateMap(roomId)
  }
  const group = ctx.reader.getEvent(membership.eventId)?.stateAfter
  if (group === undefined) throw forbidden('You are not in this room')
  return ctx.reader.stateMap(group)
}
