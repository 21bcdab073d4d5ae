import type { Context } from 'hono'
import type { JsonObject, RoomId, UserId } from '../core/types.ts'
import { invalidParam } from '../http/errors.ts'
import type { StoredEvent, TimelinePos } from '../rooms/ports.ts'
import { intQuery } from './body.ts'
import { createFormatter } from './client-event.ts'
import { requireReadable, type Ctx, type Register } from './context.ts'
import { eventIdOf, roomIdOf } from './ids.ts'
import { relationOf } from './push/unread.ts'
import { visibleEvent } from './room-event.ts'
import { formatTimelineToken, parseTimelineToken } from './tokens.ts'

/** Related events are found by reading the timeline; so much of it at most in one request. */
const MAX_SCAN = 5_000
const PAGE = 500
const MAX_LIMIT = 100

/** GET /rooms/{roomId}/relations/{eventId}[/{relType}[/{eventType}]], GET /rooms/{roomId}/threads */
export const registerRelations: Register = (app, ctx) => {
  const { reader } = ctx
  const relations = (c: Context): Response => {
    const session = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId') ?? '')
    const parent = visibleEvent(ctx, session.userId, roomId, eventIdOf(c.req.param('eventId') ?? ''))
    const dir = c.req.query('dir') ?? 'b'
    if (dir !== 'b' && dir !== 'f') throw invalidParam('dir must be b or f')
    const relType = c.req.param('relType')
    const eventType = c.req.param('eventType')
    const limit = intQuery(c, 'limit', 50, 1, MAX_LIMIT)
    const page = scan(ctx, {
      roomId,
      user: session.userId,
      dir,
      from: tokenOf(c, ctx, roomId, 'from'),
      to: tokenOf(c, ctx, roomId, 'to') ?? (dir === 'b' ? parent.timelinePos : undefined),
      limit,
      accepts({ pdu }) {
        const relation = relationOf(pdu)
        return (
          relation?.eventId === parent.pdu.eventId &&
          (relType === undefined || relation.relType === relType) &&
          (eventType === undefined || pdu.type === eventType)
        )
      },
    })
    const formatter = createFormatter(reader, session, ctx.clock.now())
    const json: JsonObject = { chunk: formatter.formatAll(page.events) }
    if (page.end !== undefined) json['next_batch'] = formatTimelineToken(page.end)
    const from = c.req.query('from')
    if (from !== undefined) json['prev_batch'] = from
    return c.json(json)
  }
  const base = '/_matrix/client/v1/rooms/:roomId/relations/:eventId'
  app.get(base, relations)
  app.get(`${base}/:relType`, relations)
  app.get(`${base}/:relType/:eventType`, relations)

  app.get('/_matrix/client/v1/rooms/:roomId/threads', (c) => {
    const session = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId'))
    requireReadable(ctx, session.userId, roomId)
    const limit = intQuery(c, 'limit', 20, 1, MAX_LIMIT)
    const include = c.req.query('include') ?? 'all'
    const threads = threadsOf(ctx, roomId, session.userId, tokenOf(c, ctx, roomId, 'from'))
    const wanted = [...threads.values()].filter(
      (thread) =>
        include === 'all' ||
        thread.root.pdu.sender === session.userId ||
        thread.replies.some((reply) => reply.pdu.sender === session.userId),
    )
    const shown = wanted.slice(0, limit)
    const formatter = createFormatter(reader, session, ctx.clock.now())
    const chunk = shown.map((thread) => {
      const event = formatter.format(thread.root)
      const latest = thread.replies[0]
      if (latest === undefined) return event
      const unsigned = event['unsigned'] as JsonObject
      unsigned['m.relations'] = {
        'm.thread': {
          latest_event: formatter.format(latest),
          count: thread.replies.length,
          current_user_participated: thread.replies.some((reply) => reply.pdu.sender === session.userId),
        },
      }
      return event
    })
    const json: JsonObject = { chunk }
    const last = shown.at(-1)?.replies[0]?.timelinePos
    if (wanted.length > limit && last !== undefined) json['next_batch'] = formatTimelineToken(last - 1)
    return c.json(json)
  })
}

function tokenOf(c: Context, ctx: Ctx, roomId: RoomId, name: string): TimelinePos | undefined {
  const token = c.req.query(name)
  return token === undefined || token === '' ? undefined : parseTimelineToken(ctx.reader, roomId, token)
}

function scan(
  ctx: Ctx,
  query: {
    roomId: RoomId
    user: UserId
    dir: 'b' | 'f'
    from: TimelinePos | undefined
    to: TimelinePos | undefined
    limit: number
    accepts: (event: StoredEvent) => boolean
  },
): { events: StoredEvent[]; end: TimelinePos | undefined } {
  const { roomId, dir, to } = query
  const events: StoredEvent[] = []
  let at = query.from === undefined ? undefined : dir === 'b' ? query.from + 1 : query.from
  for (let seen = 0; seen < MAX_SCAN; seen += PAGE) {
    const direction = dir === 'b' ? 'backward' : 'forward'
    const page = ctx.reader.timeline({ roomId, direction, from: at, to, limit: PAGE })
    for (const event of page) {
      at = event.timelinePos ?? at
      if (!query.accepts(event) || event.redactedBy !== undefined) continue
      if (!ctx.rooms.canUserSee(query.user, event)) continue
      events.push(event)
      if (events.length === query.limit) return { events, end: dir === 'b' ? (at ?? 0) - 1 : at }
    }
    if (page.length < PAGE) return { events, end: undefined }
  }
  return { events, end: at === undefined ? undefined : dir === 'b' ? at - 1 : at }
}

interface Thread {
  readonly root: StoredEvent
  /** Newest first. */
  readonly replies: StoredEvent[]
}

/** Threads in the order of their latest reply, newest first. */
function threadsOf(
  ctx: Ctx,
  roomId: RoomId,
  user: UserId,
  from: TimelinePos | undefined,
): Map<string, Thread> {
  const threads = new Map<string, Thread>()
  const newer = new Set<string>()
  let at: TimelinePos | undefined
  for (let seen = 0; seen < MAX_SCAN; seen += PAGE) {
    const page = ctx.reader.timeline({ roomId, direction: 'backward', from: at, limit: PAGE })
    for (const event of page) {
      at = event.timelinePos ?? at
      const relation = relationOf(event.pdu)
      if (relation?.relType !== 'm.thread' || !ctx.rooms.canUserSee(user, event)) continue
      if (from !== undefined && (event.timelinePos ?? 0) > from) {
        newer.add(relation.eventId)
        continue
      }
      if (newer.has(relation.eventId)) continue
      const thread = threads.get(relation.eventId)
      if (thread !== undefined) {
        thread.replies.push(event)
        continue
      }
      const root = ctx.reader.getEvent(relation.eventId)
      if (root === undefined || root.pdu.roomId !== roomId || !ctx.rooms.canUserSee(user, root)) continue
      threads.set(relation.eventId, { root, replies: [event] })
    }
    if (page.length < PAGE) break
  }
  return threads
}
