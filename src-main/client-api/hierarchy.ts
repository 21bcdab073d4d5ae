import type { JsonObject, RoomId, UserId } from '../core/types.ts'
import { splitStateKey } from '../core/types.ts'
import { forbidden, invalidParam } from '../http/errors.ts'
import { intQuery } from './body.ts'
import { strippedOf } from './client-event.ts'
import { isWorldReadable, type Ctx, type Register } from './context.ts'
import { roomIdOf } from './ids.ts'
import { publicRoom } from './public-rooms.ts'

const MAX_DEPTH = 10
const MAX_ROOMS = 500

/** GET /rooms/{roomId}/hierarchy: the rooms of a space that this server knows. */
export const registerHierarchy: Register = (app, ctx) => {
  app.get('/_matrix/client/v1/rooms/:roomId/hierarchy', (c) => {
    const { userId } = ctx.session(c)
    const root = roomIdOf(c.req.param('roomId'))
    if (!mayPeek(ctx, userId, root)) throw forbidden('You are not in this space')
    const limit = intQuery(c, 'limit', 50, 1, 100)
    const depth = intQuery(c, 'max_depth', MAX_DEPTH, 0, MAX_DEPTH)
    const from = c.req.query('from')
    if (from !== undefined && !/^\d{1,6}$/.test(from)) throw invalidParam('from was not made by this server')
    const start = Number(from ?? 0)
    const all = walk(ctx, userId, root, depth, c.req.query('suggested_only') === 'true')
    const json: JsonObject = { rooms: all.slice(start, start + limit) }
    if (all.length > start + limit) json['next_batch'] = String(start + limit)
    return c.json(json)
  })
}

/** Depth first, children in their order; each room once. */
function walk(ctx: Ctx, user: UserId, root: RoomId, maxDepth: number, suggestedOnly: boolean): JsonObject[] {
  const out: JsonObject[] = []
  const seen = new Set<RoomId>()
  const stack: { roomId: RoomId; depth: number }[] = [{ roomId: root, depth: 0 }]
  for (let next = stack.pop(); next !== undefined && out.length < MAX_ROOMS; next = stack.pop()) {
    const { roomId, depth } = next
    if (seen.has(roomId) || !mayPeek(ctx, user, roomId)) continue
    seen.add(roomId)
    const children = childrenOf(ctx, roomId, suggestedOnly)
    out.push({ ...publicRoom(ctx.reader, roomId), children_state: children.map((child) => child.json) })
    if (depth >= maxDepth) continue
    for (const child of children.toReversed()) stack.push({ roomId: child.roomId, depth: depth + 1 })
  }
  return out
}

function childrenOf(
  ctx: Ctx,
  roomId: RoomId,
  suggestedOnly: boolean,
): { roomId: RoomId; json: JsonObject }[] {
  const ids = [...ctx.reader.currentStateMap(roomId)].flatMap(([key, id]) =>
    splitStateKey(key).type === 'm.space.child' ? [id] : [],
  )
  return ctx.reader
    .getEvents(ids)
    .filter(({ pdu }) => Array.isArray(pdu.content['via']))
    .filter(({ pdu }) => !suggestedOnly || pdu.content['suggested'] === true)
    .map((event) => ({
      roomId: event.pdu.stateKey as RoomId,
      order: typeof event.pdu.content['order'] === 'string' ? event.pdu.content['order'] : '\uffff',
      json: { ...strippedOf(event), origin_server_ts: event.pdu.originServerTs },
    }))
    .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : a.roomId < b.roomId ? -1 : 1))
}

/** In it, invited to it, or it is open to see. */
export function mayPeek(ctx: Ctx, user: UserId, roomId: RoomId): boolean {
  if (ctx.reader.getRoom(roomId)?.participating !== true) return false
  const membership = ctx.reader.localMembership(user, roomId)?.membership
  if (membership === 'join' || membership === 'invite') return true
  if (membership === 'ban') return false
  const rule = ctx.reader.currentStateEvent(roomId, 'm.room.join_rules', '')?.pdu.content['join_rule']
  return rule === 'public' || rule === 'knock' || isWorldReadable(ctx, roomId)
}
