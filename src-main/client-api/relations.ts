import type { Context } from 'hono'
import type { EventId, JsonObject, RoomId, UserId } from '../core/types.ts'
import { invalidParam } from '../http/errors.ts'
import type { StoredEvent, TimelinePos } from '../rooms/ports.ts'
import { intQuery } from './body.ts'
import { bundlingFormatter, requireReadable, type Ctx, type Register } from './context.ts'
import { eventIdOf, roomIdOf } from './ids.ts'
import { relationOf } from './push/unread.ts'
import { visibleEvent } from './room-event.ts'
import { formatTimelineToken, parseTimelineToken } from './tokens.ts'

const MAX_LIMIT = 100
/** Depth of `recurse`; the specification asks for at least three. */
const MAX_RECURSION = 3
/** Thread roots are found by reading the timeline; so much of it at most in one request. */
const MAX_SCAN = 5_000
const PAGE = 500

/** GET /rooms/{roomId}/relations/{eventId}[/{relType}[/{eventType}]], GET /rooms/{roomId}/threads */
export const registerRelations: Register = (app, ctx) => {
  const relations = (c: Context): Response => {
    const session = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId') ?? '')
    const parent = visibleEvent(ctx, session.userId, roomId, eventIdOf(c.req.param('eventId') ?? ''))
    const dir = c.req.query('dir') ?? 'b'
    if (dir !== 'b' && dir !== 'f') throw invalidParam('dir must be b or f')
    const relType = c.req.param('relType')
    const eventType = c.req.param('eventType')
    const limit = intQuery(c, 'limit', 50, 1, MAX_LIMIT)
    const recurse = c.req.query('recurse') === 'true'
    const from = tokenOf(c, ctx, roomId, 'from')
    const to = tokenOf(c, ctx, roomId, 'to')

    const related = relatedTo(ctx, parent.pdu.eventId, relType, recurse ? MAX_RECURSION : 1).filter(
      (event) =>
        event.pdu.roomId === roomId &&
        (eventType === undefined || event.pdu.type === eventType) &&
        isBetween(event.timelinePos ?? 0, dir, from, to) &&
        ctx.rooms.canUserSee(session.userId, event),
    )
    related.sort((a, b) => (a.timelinePos ?? 0) - (b.timelinePos ?? 0))
    if (dir === 'b') related.reverse()
    const shown = related.slice(0, limit)

    const json: JsonObject = { chunk: bundlingFormatter(ctx, session).formatAll(shown) }
    const last = shown.at(-1)?.timelinePos
    if (related.length > limit && last !== undefined) {
      json['next_batch'] = formatTimelineToken(dir === 'b' ? last - 1 : last)
    }
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
    const onlyOwn = c.req.query('include') === 'participated'
    const threads = threadsOf(ctx, roomId, session.userId, tokenOf(c, ctx, roomId, 'from')).filter(
      (thread) => !onlyOwn || takesPart(ctx, session.userId, thread.root),
    )
    const shown = threads.slice(0, limit)
    const json: JsonObject = {
      chunk: bundlingFormatter(ctx, session).formatAll(shown.map((thread) => thread.root)),
    }
    const last = shown.at(-1)
    if (threads.length > limit && last !== undefined)
      json['next_batch'] = formatTimelineToken(last.latest - 1)
    return c.json(json)
  })
}

function tokenOf(c: Context, ctx: Ctx, roomId: RoomId, name: string): TimelinePos | undefined {
  const token = c.req.query(name)
  return token === undefined || token === '' ? undefined : parseTimelineToken(ctx.reader, roomId, token)
}

/** Tokens lie just above their position. */
function isBetween(
  pos: TimelinePos,
  dir: 'b' | 'f',
  from: TimelinePos | undefined,
  to: TimelinePos | undefined,
): boolean {
  return dir === 'b'
    ? pos <= (from ?? Infinity) && pos > (to ?? -Infinity)
    : pos > (from ?? -Infinity) && pos <= (to ?? Infinity)
}

/** Events related to `target`, and with `depth` over 1 those related to them. Each once. */
function relatedTo(ctx: Ctx, target: EventId, relType: string | undefined, depth: number): StoredEvent[] {
  const found = new Set<EventId>()
  let targets: EventId[] = [target]
  for (let level = 0; level < depth && targets.length > 0; level++) {
    const next: EventId[] = []
    for (const id of targets) {
      for (const relation of ctx.reader.relationsOf(id)) {
        if (relType !== undefined && relation.relType !== relType) continue
        if (found.has(relation.eventId)) continue
        found.add(relation.eventId)
        next.push(relation.eventId)
      }
    }
    targets = next
  }
  return ctx.reader.getEvents([...found])
}

interface Thread {
  readonly root: StoredEvent
  /** Place of the latest reply. */
  readonly latest: TimelinePos
}

/** Threads in the order of their latest reply, newest first; `from` leaves out those with newer replies. */
function threadsOf(ctx: Ctx, roomId: RoomId, user: UserId, from: TimelinePos | undefined): Thread[] {
  const threads: Thread[] = []
  const seenRoots = new Set<EventId>()
  let at: TimelinePos | undefined
  for (let seen = 0; seen < MAX_SCAN; seen += PAGE) {
    const page = ctx.reader.timeline({ roomId, direction: 'backward', from: at, limit: PAGE })
    for (const event of page) {
      at = event.timelinePos ?? at
      const relation = relationOf(event.pdu)
      if (relation?.relType !== 'm.thread' || seenRoots.has(relation.eventId)) continue
      if (!ctx.rooms.canUserSee(user, event)) continue
      seenRoots.add(relation.eventId)
      const latest = event.timelinePos ?? 0
      if (from !== undefined && latest > from) continue
      const root = ctx.reader.getEvent(relation.eventId)
      if (root === undefined || root.pdu.roomId !== roomId || !ctx.rooms.canUserSee(user, root)) continue
      threads.push({ root, latest })
    }
    if (page.length < PAGE) break
  }
  return threads
}

function takesPart(ctx: Ctx, user: UserId, root: StoredEvent): boolean {
  if (root.pdu.sender === user) return true
  const ids = ctx.reader
    .relationsOf(root.pdu.eventId)
    .flatMap((r) => (r.relType === 'm.thread' ? [r.eventId] : []))
  return ctx.reader.getEvents(ids).some((event) => event.pdu.sender === user)
}
