import { z } from 'zod'
import type { JsonObject, RoomId } from '../core/types.ts'
import { invalidParam } from '../http/errors.ts'
import type { StoredEvent, TimelinePos } from '../rooms/ports.ts'
import { readBody } from './body.ts'
import { bundlingFormatter, type Ctx, type Register } from './context.ts'
import { passesRoomFilter, passesRooms, validateRoomFilter, type RoomEventFilter } from './filter.ts'
import { pageBackward, pageForward } from './pagination.ts'
import { formatTimelineToken } from './tokens.ts'
import type { Session } from './ports.ts'

const body = z.looseObject({
  search_categories: z.looseObject({
    room_events: z
      .looseObject({
        search_term: z.string().min(1).max(512),
        keys: z.array(z.enum(['content.body', 'content.name', 'content.topic'])).optional(),
        filter: z.unknown().optional(),
        order_by: z.enum(['recent', 'rank']).optional(),
        event_context: z
          .looseObject({
            before_limit: z.number().int().min(0).optional(),
            after_limit: z.number().int().min(0).optional(),
            include_profile: z.boolean().optional(),
          })
          .optional(),
      })
      .optional(),
  }),
})

const defaultKeys = ['content.body', 'content.name', 'content.topic']
const DEFAULT_LIMIT = 10
const MAX_LIMIT = 50
/** Events looked at in one request; the next page goes on from there. */
const MAX_SCAN = 20_000
const PAGE = 500
const MAX_CONTEXT = 20

/** POST /search: every word must occur in the text; newest first. Encrypted events cannot be searched. */
export const registerSearch: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/search', async (c) => {
    const session = ctx.session(c)
    const query = (await readBody(c, body)).search_categories.room_events
    if (query === undefined) return c.json({ search_categories: {} })
    const filter = validateRoomFilter(query.filter)
    const limit = Math.min(filter.limit ?? DEFAULT_LIMIT, MAX_LIMIT)
    const words = query.search_term.toLowerCase().split(/\s+/).filter(Boolean)
    const keys = (query.keys ?? defaultKeys).map((key) => key.slice('content.'.length))
    const offset = Number(c.req.query('next_batch') ?? 0)
    if (!Number.isSafeInteger(offset) || offset < 0)
      throw invalidParam('next_batch was not made by this server')

    const hits = find(ctx, session, filter, (event) => {
      const text = keys
        .map((key) => event.pdu.content[key])
        .filter((v) => typeof v === 'string')
        .join(' ')
        .toLowerCase()
      return words.every((word) => text.includes(word))
    })
    const shown = hits.slice(offset, offset + limit)
    const formatter = bundlingFormatter(ctx, session)
    const results: JsonObject[] = []
    for (const event of shown) {
      const result: JsonObject = { rank: 1, result: formatter.format(event) }
      if (query.event_context !== undefined) {
        result['context'] = await contextOf(ctx, session, event, {
          before: Math.min(query.event_context.before_limit ?? 5, MAX_CONTEXT),
          after: Math.min(query.event_context.after_limit ?? 5, MAX_CONTEXT),
        })
      }
      results.push(result)
    }
    const answer: JsonObject = { results, count: hits.length, highlights: words }
    if (hits.length > offset + limit) answer['next_batch'] = String(offset + limit)
    return c.json({ search_categories: { room_events: answer } })
  })
}

/** Newest first over all rooms. */
function find(
  ctx: Ctx,
  { userId }: Session,
  filter: RoomEventFilter,
  matches: (event: StoredEvent) => boolean,
): StoredEvent[] {
  const rooms = ctx.reader.roomsJoinedBy(userId).filter((roomId) => passesRooms(filter, roomId))
  const share = Math.max(PAGE, Math.floor(MAX_SCAN / Math.max(1, rooms.length)))
  const hits = rooms.flatMap((roomId) =>
    findInRoom(ctx, roomId, share, (event) => {
      if (event.redactedBy !== undefined || !passesRoomFilter(filter, event.pdu)) return false
      return matches(event) && ctx.rooms.canUserSee(userId, event)
    }),
  )
  return hits.sort((a, b) => b.pdu.originServerTs - a.pdu.originServerTs)
}

function findInRoom(
  ctx: Ctx,
  roomId: RoomId,
  most: number,
  matches: (event: StoredEvent) => boolean,
): StoredEvent[] {
  const hits: StoredEvent[] = []
  let at: TimelinePos | undefined
  for (let seen = 0; seen < most; seen += PAGE) {
    const page = ctx.reader.timeline({ roomId, direction: 'backward', from: at, limit: PAGE })
    for (const event of page) if (matches(event)) hits.push(event)
    at = page.at(-1)?.timelinePos
    if (page.length < PAGE) break
  }
  return hits
}

async function contextOf(
  ctx: Ctx,
  session: Session,
  event: StoredEvent,
  limits: { before: number; after: number },
): Promise<JsonObject> {
  const pos = event.timelinePos ?? 0
  const query = { roomId: event.pdu.roomId, user: session.userId, to: undefined, accepts: () => true }
  const before =
    limits.before === 0
      ? { events: [], end: pos - 1 }
      : await pageBackward(ctx, { ...query, from: pos - 1, limit: limits.before })
  const after = pageForward(ctx, { ...query, from: pos, limit: limits.after })
  const formatter = bundlingFormatter(ctx, session)
  return {
    events_before: formatter.formatAll(before.events),
    events_after: formatter.formatAll(after.events),
    start: formatTimelineToken(before.end ?? pos - 1),
    end: formatTimelineToken(after.events.at(-1)?.timelinePos ?? pos),
  }
}
