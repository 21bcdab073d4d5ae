import type { Context } from 'hono'
import type { JsonObject, RoomId, UserId } from '../core/types.ts'
import { invalidParam } from '../http/errors.ts'
import type { StoredEvent, TimelinePos } from '../rooms/ports.ts'
import type { RelationQuery, ThreadQuery } from '../rooms/query-ports.ts'
import { intQuery } from './body.ts'
import { bundlingFormatter, ignoredUsers, requireReadable, type Ctx, type Register } from './context.ts'
import { eventIdOf, roomIdOf } from './ids.ts'
import type { Session } from './ports.ts'
import { relationOf } from './push/relation.ts'
import { visibleEvent } from './room-event.ts'
import { formatTimelineToken, parseTimelineToken } from './tokens.ts'

const MAX_LIMIT = 100
/** Depth of `recurse`; the specification asks for at least three. */
const MAX_RECURSION = 3
/** Pages of what the user may not see; then the client asks again. */
const MAX_ROUNDS = 20

/** GET /rooms/{roomId}/relations/{eventId}[/{relType}[/{eventType}]], GET /rooms/{roomId}/threads */
export const registerRelations: Register = (app, ctx) => {
  const relations = (c: Context): Response => {
    const session = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId') ?? '')
    const parent = visibleEvent(ctx, session.userId, roomId, eventIdOf(c.req.param('eventId') ?? ''))
    const dir = c.req.query('dir') ?? 'b'
    if (dir !== 'b' && dir !== 'f') throw invalidParam('dir must be b or f')
    const limit = intQuery(c, 'limit', 50, 1, MAX_LIMIT)
    const recurse = c.req.query('recurse') === 'true'
    const from = tokenOf(c, ctx, roomId, 'from')
    const to = tokenOf(c, ctx, roomId, 'to')

    const { shown, next } = pageOfRelations(ctx, session, {
      roomId,
      target: parent.pdu.eventId,
      relType: c.req.param('relType'),
      eventType: c.req.param('eventType'),
      depth: recurse ? MAX_RECURSION : 1,
      order: dir === 'b' ? 'newest' : 'oldest',
      above: dir === 'b' ? to : from,
      upTo: dir === 'b' ? from : to,
      limit,
    })
    const json: JsonObject = { chunk: bundlingFormatter(ctx, session).formatAll(shown) }
    if (next !== undefined) json['next_batch'] = formatTimelineToken(next)
    const asked = c.req.query('from')
    if (asked !== undefined) json['prev_batch'] = asked
    if (recurse) json['recursion_depth'] = MAX_RECURSION
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
    if (include !== 'all' && include !== 'participated')
      throw invalidParam('include must be all or participated')
    const { roots, next } = pageOfThreads(ctx, session.userId, {
      roomId,
      upTo: tokenOf(c, ctx, roomId, 'from'),
      participant: include === 'participated' ? session.userId : undefined,
      limit,
    })
    const json: JsonObject = { chunk: bundlingFormatter(ctx, session).formatAll(roots) }
    if (next !== undefined) json['next_batch'] = formatTimelineToken(next)
    return c.json(json)
  })
}

function tokenOf(c: Context, ctx: Ctx, roomId: RoomId, name: string): TimelinePos | undefined {
  const token = c.req.query(name)
  return token === undefined || token === '' ? undefined : parseTimelineToken(ctx.reader, roomId, token)
}

/** A page of what the user may see; `next` is where to go on, when there is more. */
function pageOfRelations(
  ctx: Ctx,
  { userId }: Session,
  query: RelationQuery,
): { shown: StoredEvent[]; next: TimelinePos | undefined } {
  const newest = query.order === 'newest'
  const ignored = ignoredUsers(ctx, userId)
  const shown: StoredEvent[] = []
  let { above, upTo } = query
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const page = ctx.reader.relations({ ...query, above, upTo, limit: query.limit + 1 })
    for (const event of page) {
      const pos = event.timelinePos ?? 0
      // A token lies just above its position.
      const before = newest ? pos : pos - 1
      if (shown.length === query.limit) return { shown, next: before }
      if (!ignored.has(event.pdu.sender) && ctx.rooms.canUserSee(userId, event)) shown.push(event)
      if (newest) upTo = pos - 1
      else above = pos
    }
    if (page.length <= query.limit) return { shown, next: undefined }
  }
  return { shown, next: newest ? upTo : above }
}

/** Threads in the order of their latest reply, newest first, whose root the user may see. */
function pageOfThreads(
  ctx: Ctx,
  user: UserId,
  query: ThreadQuery,
): { roots: StoredEvent[]; next: TimelinePos | undefined } {
  const ignored = ignoredUsers(ctx, user)
  const roots: StoredEvent[] = []
  let { upTo } = query
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const page = ctx.reader.threads({ ...query, upTo, limit: query.limit + 1 })
    for (const thread of page) {
      if (roots.length === query.limit) return { roots, next: thread.latest }
      upTo = thread.latest - 1
      const root = ctx.reader.getEvent(thread.root)
      if (root?.timelinePos === undefined || root.pdu.roomId !== query.roomId) continue
      if (relationOf(root.pdu) !== undefined || ignored.has(root.pdu.sender)) continue
      if (ctx.rooms.canUserSee(user, root)) roots.push(root)
    }
    if (page.length <= query.limit) return { roots, next: undefined }
  }
  return { roots, next: upTo }
}
