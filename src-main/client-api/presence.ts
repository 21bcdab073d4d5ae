import { z } from 'zod'
import type { JsonObject } from '../core/types.ts'
import { forbidden, notFound } from '../http/errors.ts'
import type { PresenceName, PresenceView } from '../rooms/api.ts'
import { readBody } from './body.ts'
import { requireSelf, type Ctx, type Register } from './context.ts'
import { userIdOf } from './ids.ts'
import type { Session } from './ports.ts'

/** `/sync` keeps its device in the presence it asks for (`set_presence`). */
export function noteSync(ctx: Ctx, session: Session, presence: PresenceName): void {
  ctx.rooms.presence.set({ user: session.userId, device: session.deviceId, presence })
}

function contentOf(view: PresenceView): JsonObject {
  const content: JsonObject = { presence: view.presence, last_active_ago: view.lastActiveAgo }
  if (view.presence === 'online') content['currently_active'] = view.currentlyActive
  if (view.statusMsg !== undefined) content['status_msg'] = view.statusMsg
  return content
}

/** An `m.presence` event for `/sync`. */
export function presenceEvent(view: PresenceView): JsonObject {
  return { type: 'm.presence', sender: view.userId, content: contentOf(view) }
}

const presenceBody = z.object({
  presence: z.enum(['online', 'offline', 'unavailable']),
  status_msg: z.string().max(1024).nullish(),
})

/** GET and PUT /presence/{userId}/status */
export const registerPresence: Register = (app, ctx) => {
  const path = '/_matrix/client/v3/presence/:userId/status'
  app.put(path, async (c) => {
    const { deviceId, userId: sender } = ctx.session(c)
    const user = requireSelf({ userId: sender, deviceId }, c.req.param('userId'))
    const { presence, status_msg: status } = await readBody(c, presenceBody)
    const statusMsg = status ?? undefined
    // The status is the user's own text, and outlives a restart; whether they are there does not.
    if (ctx.accounts.presence(user)?.statusMsg !== statusMsg)
      ctx.accounts.putPresence({ userId: user, presence, statusMsg, lastActiveTs: ctx.clock.now() })
    ctx.rooms.presence.set({ user, device: deviceId, presence, statusMsg })
    return c.json({})
  })
  app.get(path, (c) => {
    const { userId } = ctx.session(c)
    const target = userIdOf(c.req.param('userId'), 'userId')
    const shares = ctx.reader
      .roomsJoinedBy(userId)
      .some((roomId) => ctx.reader.member(roomId, target)?.membership === 'join')
    if (target !== userId && !shares) throw forbidden('You share no room with this user')
    const view = ctx.rooms.presence.of(target)
    if (view === undefined) throw notFound('Nothing is known of this user’s presence')
    return c.json(contentOf(view))
  })
}
