import { z } from 'zod'
import type { JsonObject } from '../core/types.ts'
import { badJson, MatrixError } from '../http/errors.ts'
import { jsonObject, KEYS_BODY_LIMIT, readBody } from './body.ts'
import type { Register } from './context.ts'
import { userIdOf } from './ids.ts'

const body = z.looseObject({
  messages: z.record(z.string(), z.record(z.string().min(1).max(255), jsonObject)),
})
/** What other servers take, of the content of one message. */
const MAX_CONTENT_BYTES = 64 * 1024

/** PUT /sendToDevice/{eventType}/{txnId} (Client-Server API, "Send-to-Device messaging"). */
export const registerSendToDevice: Register = (app, ctx) => {
  app.put('/_matrix/client/v3/sendToDevice/:eventType/:txnId', async (c) => {
    const session = ctx.session(c)
    const type = c.req.param('eventType')
    if (type.length > 255) throw badJson('The type of the message is too long')
    const { messages } = await readBody(c, body, KEYS_BODY_LIMIT)
    const checked = new Map(
      Object.entries(messages).map(([id, devices]) => [userIdOf(id, 'messages'), checkedDevices(devices)]),
    )
    ctx.keys.sendToDevice({ session, type, txnId: c.req.param('txnId'), messages: checked })
    return c.json({})
  })
}

function checkedDevices(devices: Readonly<Record<string, JsonObject>>): Readonly<Record<string, JsonObject>> {
  for (const content of Object.values(devices)) {
    if (JSON.stringify(content).length > MAX_CONTENT_BYTES) {
      throw new MatrixError(413, 'M_TOO_LARGE', 'A message to a device may have 64 KiB')
    }
  }
  return devices
}
