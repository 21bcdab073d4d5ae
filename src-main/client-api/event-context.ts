import { splitStateKey } from '../core/types.ts'
import { notFound } from '../http/errors.ts'
import { jsonInSlices } from '../http/json-in-slices.ts'
import type { StoredEvent } from '../rooms/ports.ts'
import { inTurns } from '../trace/turns.ts'
import { intQuery } from './body.ts'
import { formatInPieces } from './client-event.ts'
import { bundlingFormatter, type Register } from './context.ts'
import { passesRoomFilter, roomFilterOfQuery } from './filter.ts'
import { eventIdOf, roomIdOf } from './ids.ts'
import { membersOf } from './messages.ts'
import { pageBackward, pageForward } from './pagination.ts'
import { fetchIfJoined, visibleEvent } from './room-event.ts'
import { formatTimelineToken } from './tokens.ts'

/**
 * GET /rooms/{roomId}/context/{eventId}. An event that is not here is fetched from the room's other servers,
 * with the history between it and what is here.
 */
export const registerEventContext: Register = (app, ctx) => {
  const { reader } = ctx
  app.get('/_matrix/client/v3/rooms/:roomId/context/:eventId', async (c) => {
    const session = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId'))
    const eventId = eventIdOf(c.req.param('eventId'))
    await fetchIfJoined(ctx, session.userId, roomId, eventId, 'fetchIntoTimeline')
    const event = visibleEvent(ctx, session.userId, roomId, eventId)
    const pos = event.timelinePos
    if (pos === undefined) throw notFound('The event is not in the room’s timeline')
    const filter = roomFilterOfQuery(c.req.query('filter'))
    const limit = intQuery(c, 'limit', filter.limit ?? 10, 0, 200)
    const query = {
      roomId,
      user: session.userId,
      to: undefined,
      accepts: (e: StoredEvent) => passesRoomFilter(filter, e.pdu),
    }
    const before = await pageBackward(ctx, { ...query, from: pos - 1, limit: Math.floor(limit / 2) })
    const after = pageForward(ctx, { ...query, from: pos, limit: Math.ceil(limit / 2) })

    const last = after.events.at(-1) ?? event
    const lazy = filter.lazy_load_members === true
    const state = [...reader.stateMap(last.stateAfter ?? last.stateBefore ?? 0)].flatMap(([key, id]) =>
      lazy && splitStateKey(key).type === 'm.room.member' ? [] : [id],
    )
    const shown = [...before.events, event, ...after.events]
    const members = lazy ? membersOf(ctx, roomId, shown) : []
    const formatter = bundlingFormatter(ctx, session)
    const stateEvents = await inTurns(formatInPieces(reader, formatter, state))
    const lowest = before.events.at(-1)?.timelinePos ?? pos
    return jsonInSlices({
      event: formatter.format(event),
      events_before: formatter.formatAll(before.events),
      events_after: formatter.formatAll(after.events),
      start: formatTimelineToken(before.end ?? lowest - 1),
      end: formatTimelineToken(last.timelinePos ?? pos),
      state: [...stateEvents, ...formatter.formatAll(members)],
    })
  })
}
