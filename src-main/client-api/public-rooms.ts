import type { Context } from 'hono'
import { z } from 'zod'
import type { JsonObject, RoomId } from '../core/types.ts'
import { forbidden, invalidParam, notFound } from '../http/errors.ts'
import type { RoomReader } from '../rooms/ports.ts'
import { intQuery, readOptionalBody } from './body.ts'
import { requireJoined, type Ctx, type Register } from './context.ts'
import { roomIdOf } from './ids.ts'

const visibilityBody = z.looseObject({ visibility: z.enum(['public', 'private']).optional() })
const searchBody = z.looseObject({
  limit: z.number().int().positive().optional(),
  since: z.string().optional(),
  filter: z
    .looseObject({
      generic_search_term: z.string().nullish(),
      room_types: z.array(z.string().nullable()).nullish(),
    })
    .optional(),
})

const MAX_LIMIT = 500

/** GET and PUT /directory/list/room/{roomId}; GET and POST /publicRooms (rooms of this server). */
export const registerPublicRooms: Register = (app, ctx) => {
  const listing = '/_matrix/client/v3/directory/list/room/:roomId'
  app.get(listing, (c) => {
    const roomId = roomIdOf(c.req.param('roomId'))
    if (ctx.reader.getRoom(roomId) === undefined) throw notFound('There is no such room')
    return c.json({ visibility: ctx.reader.isPublic(roomId) ? 'public' : 'private' })
  })
  app.put(listing, async (c) => {
    const { userId } = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId'))
    const { visibility } = await readOptionalBody(c, visibilityBody)
    if (ctx.reader.getRoom(roomId) === undefined) throw notFound('There is no such room')
    requireJoined(ctx, userId, roomId)
    if (!mayChangeListing(ctx, roomId, userId)) throw forbidden('Your power level is too low for this')
    ctx.setPublic(roomId, (visibility ?? 'public') === 'public')
    return c.json({})
  })

  const path = '/_matrix/client/v3/publicRooms'
  app.get(path, (c) => {
    requireLocalServer(c, ctx)
    const limit = intQuery(c, 'limit', MAX_LIMIT, 1, MAX_LIMIT)
    return c.json(publicRoomList(ctx.reader, { limit, since: c.req.query('since') }))
  })
  app.post(path, async (c) => {
    ctx.session(c)
    requireLocalServer(c, ctx)
    const body = await readOptionalBody(c, searchBody)
    return c.json(
      publicRoomList(ctx.reader, {
        limit: Math.min(body.limit ?? MAX_LIMIT, MAX_LIMIT),
        since: body.since,
        term: body.filter?.generic_search_term ?? undefined,
        types: body.filter?.room_types ?? undefined,
      }),
    )
  })
}

function requireLocalServer(c: Context, ctx: Ctx): void {
  const server = c.req.query('server')
  if (server !== undefined && server !== '' && server !== ctx.serverName) {
    throw notFound('The room directory of other servers cannot be searched yet')
  }
}

/** Who may set the room's canonical alias may list it. */
function mayChangeListing(ctx: Ctx, roomId: RoomId, userId: string): boolean {
  const content = (type: string): JsonObject | undefined =>
    ctx.reader.currentStateEvent(roomId, type, '')?.pdu.content
  const create = ctx.reader.currentStateEvent(roomId, 'm.room.create', '')?.pdu
  if (
    create?.sender === userId &&
    (ctx.reader.getRoom(roomId)?.version === '12' || content('m.room.power_levels') === undefined)
  ) {
    return true
  }
  const levels = content('m.room.power_levels') ?? {}
  const level = (value: unknown, fallback: number): number =>
    typeof value === 'number' ? value : typeof value === 'string' ? Number.parseInt(value, 10) || 0 : fallback
  const users = (levels['users'] ?? {}) as JsonObject
  const events = (levels['events'] ?? {}) as JsonObject
  const needed = level(events['m.room.canonical_alias'], level(levels['state_default'], 50))
  return level(users[userId], level(levels['users_default'], 0)) >= needed
}

/** A page of this server's public rooms, largest first; other servers get the same list. */
export function publicRoomList(
  reader: RoomReader,
  query: {
    limit: number
    since?: string | undefined
    term?: string | undefined
    types?: readonly (string | null)[] | undefined
  },
): JsonObject {
  const offset = query.since === undefined || query.since === '' ? 0 : Number(query.since)
  if (!Number.isSafeInteger(offset) || offset < 0) throw invalidParam('since was not made by this server')
  const term = query.term?.toLowerCase()
  const rooms = reader
    .publicRooms()
    .map((roomId) => publicRoom(reader, roomId))
    .filter((room) => {
      if (
        query.types !== undefined &&
        !query.types.includes((room['room_type'] as string | undefined) ?? null)
      ) {
        return false
      }
      if (term === undefined || term === '') return true
      return ['name', 'topic', 'canonical_alias'].some((key) => {
        const value = room[key]
        return typeof value === 'string' && value.toLowerCase().includes(term)
      })
    })
    .sort((a, b) => Number(b['num_joined_members']) - Number(a['num_joined_members']))
  const end = offset + query.limit
  const json: JsonObject = { chunk: rooms.slice(offset, end), total_room_count_estimate: rooms.length }
  if (end < rooms.length) json['next_batch'] = String(end)
  if (offset > 0) json['prev_batch'] = String(Math.max(0, offset - query.limit))
  return json
}

/** A room as the directory and `/hierarchy` show it (PublishedRoomsChunk). */
export function publicRoom(reader: RoomReader, roomId: RoomId): JsonObject {
  const field = (type: string, key: string): string | undefined => {
    const value = reader.currentStateEvent(roomId, type, '')?.pdu.content[key]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const json: JsonObject = {
    room_id: roomId,
    num_joined_members: reader.members(roomId, 'join').length,
    world_readable: field('m.room.history_visibility', 'history_visibility') === 'world_readable',
    guest_can_join: field('m.room.guest_access', 'guest_access') === 'can_join',
    join_rule: field('m.room.join_rules', 'join_rule') ?? 'invite',
  }
  const optional = {
    name: field('m.room.name', 'name'),
    topic: field('m.room.topic', 'topic'),
    canonical_alias: field('m.room.canonical_alias', 'alias'),
    avatar_url: field('m.room.avatar', 'url'),
    room_type: field('m.room.create', 'type'),
  }
  for (const [key, value] of Object.entries(optional)) if (value !== undefined) json[key] = value
  return json
}
