import type { Context } from 'hono'
import { z } from 'zod'
import { badJson, MatrixError } from '../http/errors.ts'
import { RoomError } from '../rooms/api.ts'
import { aliasOf, eventIdOf, roomIdOf, userIdOf } from './ids.ts'
import { jsonObject, readBody, readOptionalBody } from './body.ts'
import type { Ctx, Register } from './context.ts'
import { rates } from './rate-limit.ts'
import type { JsonObject, RoomId, UserId } from '../core/types.ts'

const redactBody = z.looseObject({ reason: z.string().max(4096).optional() })
const MAX_TYPE_BYTES = 255

/** PUT /rooms/{roomId}/send, PUT /rooms/{roomId}/state, PUT /rooms/{roomId}/redact */
export const registerSendEvent: Register = (app, ctx) => {
  app.put('/_matrix/client/v3/rooms/:roomId/send/:eventType/:txnId', async (c) => {
    const { userId, deviceId } = ctx.session(c)
    ctx.limiter.take(rates.message, userId)
    const roomId = roomIdOf(c.req.param('roomId'))
    const txn = { userId, deviceId, txnId: txnIdOf(c.req.param('txnId')) }
    const content = await readBody(c, jsonObject)
    const type = typeOf(c.req.param('eventType'))
    // A redaction sent this way names its target in the content (room version 11 and later).
    const redacts = content['redacts']
    const eventId =
      type === 'm.room.redaction' && typeof redacts === 'string'
        ? await ctx.rooms.sendEvent({
            roomId,
            sender: userId,
            type,
            content,
            redacts: eventIdOf(redacts),
            txn,
          })
        : await ctx.rooms.sendEvent({ roomId, sender: userId, type, content, txn })
    return c.json({ event_id: eventId })
  })

  const putState = async (c: Context): Promise<Response> => {
    const { userId } = ctx.session(c)
    ctx.limiter.take(rates.message, userId)
    const roomId = roomIdOf(c.req.param('roomId') ?? '')
    const type = typeOf(c.req.param('eventType') ?? '')
    const content = await readBody(c, jsonObject)
    if (type === 'm.room.canonical_alias') await checkAliases(ctx, roomId, content)
    const stateKey = c.req.param('stateKey') ?? ''
    if (type === 'm.room.member' && content['membership'] === 'invite') {
      return c.json({ event_id: await inviteByState(ctx, roomId, userId, stateKey, content) })
    }
    const eventId = await ctx.rooms.sendEvent({ roomId, sender: userId, type, stateKey, content })
    return c.json({ event_id: eventId })
  }
  const base = '/_matrix/client/v3/rooms/:roomId/state/:eventType'
  app.put(base, putState)
  app.put(`${base}/`, putState)
  app.put(`${base}/:stateKey{.+}`, putState)

  app.put('/_matrix/client/v3/rooms/:roomId/redact/:eventId/:txnId', async (c) => {
    const { userId, deviceId } = ctx.session(c)
    ctx.limiter.take(rates.message, userId)
    const { reason } = await readOptionalBody(c, redactBody)
    const eventId = await ctx.rooms.redactEvent({
      roomId: roomIdOf(c.req.param('roomId')),
      sender: userId,
      target: eventIdOf(c.req.param('eventId')),
      reason,
      txn: { userId, deviceId, txnId: txnIdOf(c.req.param('txnId')) },
    })
    return c.json({ event_id: eventId })
  })
}

/** An invite sent as state is an invite: the invited user's server must be asked to sign it. */
async function inviteByState(
  ctx: Ctx,
  roomId: RoomId,
  sender: UserId,
  stateKey: string,
  { reason }: JsonObject,
): Promise<string> {
  const target = userIdOf(stateKey, 'stateKey')
  const args = { roomId, sender, target, reason: typeof reason === 'string' ? reason : undefined }
  await ctx.rooms.inviteUser(args)
  const member = ctx.reader.currentStateEvent(roomId, 'm.room.member', target)
  if (member === undefined) throw new MatrixError(500, 'M_UNKNOWN', 'The invite is not in the room')
  return member.pdu.eventId
}

function typeOf(type: string): string {
  if (type === '' || Buffer.byteLength(type) > MAX_TYPE_BYTES) throw badJson('The event type is too long')
  return type
}

function txnIdOf(txnId: string): string {
  if (txnId === '' || txnId.length > 255) {
    throw new MatrixError(400, 'M_INVALID_PARAM', 'The transaction id is too long')
  }
  return txnId
}

/** Aliases that are newly claimed must point to this room (M_BAD_ALIAS, Client-Server API, "Room Aliases"). */
async function checkAliases(ctx: Ctx, roomId: RoomId, content: JsonObject): Promise<void> {
  const listed = (c: JsonObject | undefined): string[] => {
    const { alias, alt_aliases: others } = c ?? {}
    return [alias, ...(Array.isArray(others) ? others : [])].filter(
      (a) => typeof a === 'string' && a !== '',
    ) as string[]
  }
  const known = new Set(
    listed(ctx.reader.currentStateEvent(roomId, 'm.room.canonical_alias', '')?.pdu.content),
  )
  for (const alias of listed(content)) {
    if (known.has(alias)) continue
    const parsed = aliasOf(alias, 'alias')
    let target: RoomId
    try {
      target = (await ctx.rooms.resolveAlias(parsed)).roomId
    } catch (error) {
      if (!(error instanceof RoomError)) throw error
      throw new MatrixError(400, 'M_BAD_ALIAS', error.message)
    }
    if (target !== roomId) throw new MatrixError(400, 'M_BAD_ALIAS', `${alias} belongs to another room`)
  }
}
