import type { Hono } from 'hono'
import { z } from 'zod'
import { ownString } from '../../core/json.ts'
import type { JsonObject, RoomId, UserId } from '../../core/types.ts'
import { invalidParam, notFound } from '../../http/errors.ts'
import { intQuery, readBody } from '../body.ts'
import type { Ctx, Register } from '../context.ts'
import { announceReports } from '../reports/announce.ts'
import { concernedServers, reportedRoom, type ReportedRoom } from '../reports/concerned.ts'
import type { Report } from '../reports/ports.ts'
import { requireOwner } from './require-owner.ts'

const PAGE = 50
const MAX_TEXT = 500

/**
 * What people of this node reported, for its owner: GET /_hearth/v1/reports (`?from=`, `?limit=`), newest first;
 * POST …/reports/seen (`{"up_to": id}`), after which those count as new no more; DELETE …/reports/{id}.
 */
export const registerReports: Register = (app, ctx) => {
  app.get('/_hearth/v1/reports', (c) => {
    requireOwner(ctx, c)
    const from = intQuery(c, 'from', Number.MAX_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER)
    const limit = intQuery(c, 'limit', PAGE, 1, PAGE)
    const found = ctx.accounts.reports(from, limit + 1)
    const page = found.slice(0, limit)
    const rooms = new Map<RoomId, ReportedRoom | undefined>()
    for (const { roomId } of page)
      if (roomId !== undefined && !rooms.has(roomId)) rooms.set(roomId, reportedRoom(ctx, roomId))
    const last = page.at(-1)
    const { total, unseen } = ctx.accounts.reportCounts()
    return c.json({
      reports: page.map((report) => reportJson(ctx, report, rooms)),
      total,
      new: unseen,
      ...(found.length > limit && last !== undefined ? { next: String(last.id) } : {}),
    })
  })
  changes(app, ctx)
}

function changes(app: Hono, ctx: Ctx): void {
  const change = (fn: () => void): void => {
    ctx.accounts.transaction(() => {
      fn()
      announceReports(ctx)
    })
    ctx.notifier.wake([ctx.owner])
  }
  app.post('/_hearth/v1/reports/seen', async (c) => {
    requireOwner(ctx, c)
    const { up_to: upTo } = await readBody(c, z.object({ up_to: z.number().int().nonnegative() }))
    change(() => ctx.accounts.reportsSeen(upTo))
    return c.json({})
  })
  app.delete('/_hearth/v1/reports/:id', (c) => {
    requireOwner(ctx, c)
    const id = c.req.param('id')
    if (!/^[0-9]{1,15}$/.test(id)) throw invalidParam('The report’s id is a whole number')
    change(() => {
      if (!ctx.accounts.dismissReport(Number(id))) throw notFound('There is no such report')
    })
    return c.json({})
  })
}

function reportJson(
  ctx: Ctx,
  report: Report,
  rooms: ReadonlyMap<RoomId, ReportedRoom | undefined>,
): JsonObject {
  const { roomId, eventId, userId } = report
  const room = roomId === undefined ? undefined : rooms.get(roomId)
  const person = (id: UserId): JsonObject => {
    const name =
      ctx.accounts.profile(id)?.displayName ??
      (roomId === undefined ? undefined : ctx.reader.member(roomId, id)?.displayName)
    return { user_id: id, ...(name === undefined ? {} : { name }) }
  }
  // As the message is now: what was deleted meanwhile is gone here too.
  const event = eventId === undefined ? undefined : ctx.reader.getEvent(eventId)
  const text = ownString(event?.pdu.content, 'body')?.slice(0, MAX_TEXT)
  const all: Record<string, JsonObject[string] | undefined> = {
    id: report.id,
    ts: report.ts,
    new: report.isNew,
    reporter: person(report.reporter),
    reason: report.reason,
    user: userId === undefined ? undefined : person(userId),
    room:
      roomId === undefined
        ? undefined
        : { room_id: roomId, ...(room?.name === undefined ? {} : { name: room.name }) },
    event_id: eventId,
    text,
    concerns: {
      servers: concernedServers(ctx.serverName, userId, room),
      moderators: (room?.moderators ?? []).filter((id) => id !== userId).map(person),
    },
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as JsonObject
}
