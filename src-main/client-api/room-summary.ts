import type { Context } from 'hono'
import type { JsonObject, RoomId } from '../core/types.ts'
import { notFound } from '../http/errors.ts'
import type { Register } from './context.ts'
import { mayPeek } from './hierarchy.ts'
import { aliasOf, roomIdOf } from './ids.ts'
import { publicRoom } from './public-rooms.ts'

/** GET /room_summary/{roomIdOrAlias}: of rooms that this server is in. */
export const registerRoomSummary: Register = (app, ctx) => {
  const summary = async (c: Context): Promise<Response> => {
    const { userId } = ctx.session(c)
    const room = c.req.param('room') ?? ''
    const roomId: RoomId = room.startsWith('#')
      ? (await ctx.rooms.resolveAlias(aliasOf(room, 'roomIdOrAlias'))).roomId
      : roomIdOf(room, 'roomIdOrAlias')
    if (!mayPeek(ctx, userId, roomId)) throw notFound('There is no such room, or you may not see it')
    const membership = ctx.reader.localMembership(userId, roomId)?.membership ?? 'leave'
    const json: JsonObject = { ...publicRoom(ctx.reader, roomId), membership }
    const version = ctx.reader.getRoom(roomId)?.version
    if (version !== undefined) json['room_version'] = version
    const encryption = ctx.reader.currentStateEvent(roomId, 'm.room.encryption', '')?.pdu.content['algorithm']
    if (typeof encryption === 'string') json['encryption'] = encryption
    return c.json(json)
  }
  app.get('/_matrix/client/v1/room_summary/:room', summary)
  app.get('/_matrix/client/unstable/im.nheko.summary/summary/:room', summary)
}
