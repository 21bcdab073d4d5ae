import { z } from 'zod'
import { jsonObject, readBody } from './body.ts'
import type { Register } from './context.ts'

const pusherBody = z.looseObject({
  app_id: z.string().max(64),
  pushkey: z.string().max(512),
  kind: z.string().nullable(),
  app_display_name: z.string().optional(),
  device_display_name: z.string().optional(),
  profile_tag: z.string().optional(),
  lang: z.string().optional(),
  data: jsonObject.optional(),
  append: z.boolean().optional(),
})

/** GET /pushers, POST /pushers/set: kept, but nothing is pushed: Hearth talks to no push gateway. */
export const registerPushers: Register = (app, ctx) => {
  app.get('/_matrix/client/v3/pushers', (c) =>
    c.json({ pushers: ctx.accounts.pushers(ctx.session(c).userId) }),
  )
  app.post('/_matrix/client/v3/pushers/set', async (c) => {
    const { userId } = ctx.session(c)
    const { append: _append, ...pusher } = await readBody(c, pusherBody)
    if (pusher.kind === null) ctx.accounts.deletePusher(userId, pusher.app_id, pusher.pushkey)
    else ctx.accounts.putPusher(userId, JSON.parse(JSON.stringify(pusher)))
    return c.json({})
  })
}
