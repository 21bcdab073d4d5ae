import { z } from 'zod'
import type { UserId } from '../core/types.ts'
import { jsonObject, KEYS_BODY_LIMIT, readBody } from './body.ts'
import type { Register } from './context.ts'
import { userIdOf } from './ids.ts'

const body = z.looseObject({ messages: z.record(z.string(), z.record(z.string(), jsonObject)) })

/** PUT /sendToDevice/{eventType}/{txnId}; to devices of this server's users. */
export const registerSendToDevice: Register = (app, ctx) => {
  app.put('/_matrix/client/v3/sendToDevice/:eventType/:txnId', async (c) => {
    const session = ctx.session(c)
    const type = c.req.param('eventType')
    const { messages } = await readBody(c, body, KEYS_BODY_LIMIT)
    const targets: UserId[] = []
    ctx.accounts.transaction(() => {
      if (!ctx.accounts.claimToDeviceTxn(session, `${type} ${c.req.param('txnId')}`)) return
      for (const [id, devices] of Object.entries(messages)) {
        const user = userIdOf(id, 'messages')
        if (!ctx.isLocal(user)) continue
        targets.push(user)
        for (const [deviceId, content] of Object.entries(devices)) {
          ctx.accounts.addToDevice(user, deviceId, { type, sender: session.userId, content })
        }
      }
    })
    ctx.notifier.wake(targets)
    return c.json({})
  })
}
