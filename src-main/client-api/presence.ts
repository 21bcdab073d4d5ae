import { z } from 'zod'
import type { JsonObject, UserId } from '../core/types.ts'
import { forbidden, notFound } from '../http/errors.ts'
import { readBody } from './body.ts'
import { requireSelf, type Ctx, type Register } from './context.ts'
import { userIdOf } from './ids.ts'
import type { PresenceRow } from './ports.ts'

/** Who is said to be online but has not synced for this long is offline. */
const GONE_AFTER_MS = 3 * 60_000
const ACTIVE_MS = 60_000

const lastSync = new WeakMap<Ctx, Map<UserId, number>>()

/** `/sync` keeps its user in the presence it asks for; written only when it changes. */
export function noteSync(ctx: Ctx, user: UserId, presence: PresenceRow['presence']): void {
  if (presence !== 'offline') {
    const map = lastSync.get(ctx) ?? new Map<UserId, number>()
    lastSync.set(ctx, map.set(user, ctx.clock.now()))
  }
  const known = ctx.accounts.presence(user)
  if (known?.presence === presence || (known === undefined && presence === 'offline')) return
  setPresence(ctx, user, presence, known?.statusMsg)
}

function setPresence(
  ctx: Ctx,
  userId: UserId,
  presence: PresenceRow['presence'],
  statusMsg: string | undefined,
): void {
  ctx.accounts.putPresence({ userId, presence, statusMsg, lastActiveTs: ctx.clock.now() })
  ctx.notifier.wake(
    new Set(ctx.reader.roomsJoinedBy(userId).flatMap((id) => ctx.reader.joinedLocalUsers(id))),
  )
}

function contentOf(ctx: Ctx, row: PresenceRow): JsonObject {
  const now = ctx.clock.now()
  const seen = Math.max(row.lastActiveTs, lastSync.get(ctx)?.get(row.userId) ?? 0)
  const presence = row.presence !== 'offline' && now - seen > GONE_AFTER_MS ? 'offline' : row.presence
  const content: JsonObject = { presence, last_active_ago: Math.max(0, now - row.lastActiveTs) }
  if (presence === 'online') content['currently_active'] = now - seen < ACTIVE_MS
  if (row.statusMsg !== undefined) content['status_msg'] = row.statusMsg
  return content
}

/** An `m.presence` event for `/sync`. */
export function presenceEvent(ctx: Ctx, row: PresenceRow): JsonObject {
  return { type: 'm.presence', sender: row.userId, content: contentOf(ctx, row) }
}

const presenceBody = z.object({
  presence: z.enum(['online', 'offline', 'unavailable']),
  status_msg: z.string().max(1024).nullish(),
})

/** GET and PUT /presence/{userId}/status; of this server's users only. */
export const registerPresence: Register = (app, ctx) => {
  const path = '/_matrix/client/v3/presence/:userId/status'
  app.put(path, async (c) => {
    const user = requireSelf(ctx.session(c), c.req.param('userId'))
    const body = await readBody(c, presenceBody)
    setPresence(ctx, user, body.presence, body.status_msg ?? undefined)
    return c.json({})
  })
  app.get(path, (c) => {
    const { userId } = ctx.session(c)
    const target = userIdOf(c.req.param('userId'), 'userId')
    const shares = ctx.reader
      .roomsJoinedBy(userId)
      .some((roomId) => ctx.reader.member(roomId, target)?.membership === 'join')
    if (target !== userId && !shares) throw forbidden('You share no room with this user')
    const row = ctx.accounts.presence(target)
    if (row === undefined) throw notFound('Nothing is known of this user’s presence')
    return c.json(contentOf(ctx, row))
  })
}
