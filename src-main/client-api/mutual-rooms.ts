import type { Context } from 'hono'
import { parseRoomId, parseUserId } from '../core/ids.ts'
import type { JsonObject } from '../core/types.ts'
import { invalidParam, missingParam } from '../http/errors.ts'
import type { Register } from './context.ts'

const PAGE = 100

/** GET /mutual_rooms: the rooms that the caller and another user are both in. A token is the last room before. */
export const registerMutualRooms: Register = (app, ctx) => {
  const mutualRooms = (c: Context): Response => {
    const { userId } = ctx.session(c)
    const asked = c.req.query('user_id')
    if (asked === undefined) throw missingParam('user_id is missing')
    const other = parseUserId(asked)?.userId
    if (other === undefined) throw invalidParam('user_id is not a user id')
    if (other === userId) throw invalidParam('You share all of your rooms with yourself')
    const from = c.req.query('from')
    if (from !== undefined && parseRoomId(from) === undefined) {
      throw invalidParam('from was not made by this server')
    }
    const theirs = new Set(ctx.reader.roomsJoinedBy(other))
    const shared = ctx.reader
      .roomsJoinedBy(userId)
      .filter((roomId) => theirs.has(roomId))
      .sort()
    const left = from === undefined ? shared : shared.filter((roomId) => roomId > from)
    const joined = left.slice(0, PAGE)
    const json: JsonObject = { joined, count: shared.length }
    const last = joined.at(-1)
    if (last !== undefined && left.length > PAGE) json['next_batch'] = last
    return c.json(json)
  }
  app.get('/_matrix/client/v1/mutual_rooms', mutualRooms)
  // As clients ask for it since before it was in the specification.
  app.get('/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms', mutualRooms)
}
