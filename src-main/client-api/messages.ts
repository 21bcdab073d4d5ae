import { stateKeyOf, type EventId, type RoomId } from '../core/types.ts'
import { invalidParam } from '../http/errors.ts'
import type { StoredEvent } from '../rooms/ports.ts'
import { intQuery } from './body.ts'
import { bundlingFormatter, requireReadable, type Ctx, type Register } from './context.ts'
import { passesRoomFilter, pickFields, roomFilterOfQuery } from './filter.ts'
import { roomIdOf } from './ids.ts'
import { pageBackward, pageForward } from './pagination.ts'
import { formatTimelineToken, parseTimelineToken } from './tokens.ts'

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 1_000

/** GET /rooms/{roomId}/messages */
export const registerMessages: Register = (app, ctx) => {
  const { reader } = ctx
  app.get('/_matrix/client/v3/rooms/:roomId/messages', async (c) => {
    const session = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId'))
    const dir = c.req.query('dir')
    if (dir !== 'b' && dir !== 'f') throw invalidParam('dir must be b or f')
    requireReadable(ctx, session.userId, roomId)
    const filter = roomFilterOfQuery(c.req.query('filter'))
    const limit = intQuery(c, 'limit', filter.limit ?? DEFAULT_LIMIT, 1, MAX_LIMIT)
    const tokenOf = (name: string): number | undefined => {
      const token = c.req.query(name)
      return token === undefined || token === '' ? undefined : parseTimelineToken(reader, roomId, token)
    }
    const from = tokenOf('from')
    const query = {
      roomId,
      user: session.userId,
      from,
      to: tokenOf('to'),
      limit,
      accepts: (event: StoredEvent) => passesRoomFilter(filter, event.pdu),
    }
    const page = dir === 'b' ? await pageBackward(ctx, query) : pageForward(ctx, query)
    const start =
      from ??
      (dir === 'b' ? (reader.highestTimelinePos(roomId) ?? 0) : (reader.lowestTimelinePos(roomId) ?? 0) - 1)
    const formatter = bundlingFormatter(ctx, session)
    const state = filter.lazy_load_members === true ? membersOf(ctx, roomId, page.events) : []
    return c.json({
      start: formatTimelineToken(start),
      ...(page.end === undefined ? {} : { end: formatTimelineToken(page.end) }),
      ...(page.incomplete === true ? { 'org.hearth.incomplete': true } : {}),
      chunk: formatter.formatAll(page.events).map((event) => pickFields(event, undefined)),
      ...(state.length === 0 ? {} : { state: formatter.formatAll(state) }),
    })
  })
}

/** Lazy loading: the memberships of who sent these events, as they were then. */
export function membersOf(ctx: Ctx, _roomId: RoomId, events: readonly StoredEvent[]): StoredEvent[] {
  const ids = new Map<string, EventId>()
  for (const event of events) {
    if (event.stateBefore === undefined || ids.has(event.pdu.sender)) continue
    const id = ctx.reader.stateMap(event.stateBefore).get(stateKeyOf('m.room.member', event.pdu.sender))
    if (id !== undefined) ids.set(event.pdu.sender, id)
  }
  return ctx.reader.getEvents([...ids.values()])
}
