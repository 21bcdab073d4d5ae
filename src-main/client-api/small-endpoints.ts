import { notFound } from '../http/errors.ts'
import type { Register } from './context.ts'

/** Features that Hearth does not have, answered as the specification says a server without them does. */
export const registerSmallEndpoints: Register = (app, ctx) => {
  app.get('/_matrix/client/v3/thirdparty/protocols', (c) => {
    ctx.session(c)
    return c.json({})
  })
  app.get('/_matrix/client/v3/voip/turnServer', (c) => {
    ctx.session(c)
    return c.json({})
  })
  app.get('/_matrix/client/v3/room_keys/version', (c) => {
    ctx.session(c)
    throw notFound('There is no key backup')
  })
}
