import type { Context } from 'hono'
import { z } from 'zod'
import { powerLevelsOf } from '../core/power-levels.ts'
import { roomVersionRules } from '../core/room-versions.ts'
import type { JsonObject, RoomId, ServerName } from '../core/types.ts'
import { forbidden, notFound } from '../http/errors.ts'
import {
  directoryBody,
  directoryPageJson,
  directoryQuery,
  isOfOtherNetwork,
  NO_ROOMS,
} from '../rooms/finding/directory-json.ts'
import type { DirectoryQuery } from '../rooms/finding/ports.ts'
import { intQuery, readOptionalBody } from './body.ts'
import { requireJoined, type Ctx, type Register } from './context.ts'
import { asServer, roomIdOf } from './ids.ts'
import { rates } from './rate-limit.ts'

const visibilityBody = z.looseObject({ visibility: z.enum(['public', 'private']).optional() })
const searchBody = directoryBody.extend({ limit: z.number().int().positive().optional() })

const MAX_LIMIT = 500

/** GET and PUT /directory/list/room/{roomId}; GET and POST /publicRooms, of this server or another. */
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
  app.get(path, async (c) => {
    const query = { limit: intQuery(c, 'limit', MAX_LIMIT, 1, MAX_LIMIT), since: c.req.query('since') }
    return c.json(await page(c, query))
  })
  app.post(path, async (c) => {
    ctx.session(c)
    const body = await readOptionalBody(c, searchBody)
    if (isOfOtherNetwork(body.third_party_instance_id)) return c.json(directoryPageJson(NO_ROOMS))
    return c.json(await page(c, directoryQuery(body, Math.min(body.limit ?? MAX_LIMIT, MAX_LIMIT))))
  })

  async function page(c: Context, query: DirectoryQuery): Promise<JsonObject> {
    return directoryPageJson(await ctx.rooms.finding.publicRooms(query, serverOf(c)))
  }

  /** Whose directory; only for users of this server are others asked. */
  function serverOf(c: Context): ServerName | undefined {
    const server = c.req.query('server')
    if (server === undefined || server === '' || server === ctx.serverName) return undefined
    ctx.limiter.take(rates.lookup, ctx.session(c).userId)
    return asServer(server, 'server')
  }
}

/** Who may set the room's canonical alias may list it. */
function mayChangeListing(ctx: Ctx, roomId: RoomId, userId: string): boolean {
  const room = ctx.reader.getRoom(roomId)
  if (room === undefined) return false
  const event = (type: string) => ctx.reader.currentStateEvent(roomId, type, '')?.pdu
  const rules = roomVersionRules(room.version)
  const levels = powerLevelsOf(event('m.room.power_levels')?.content, event('m.room.create'), rules)
  return levels.userLevel(userId) >= levels.eventLevel('m.room.canonical_alias', true)
}
