import type { Register } from './context.ts'

/** GET /account/whoami */
export const registerWhoami: Register = (app, ctx) => {
  app.get('/_matrix/client/v3/account/whoami', (c) => {
    const { userId, deviceId } = ctx.session(c)
    return c.json({ user_id: userId, device_id: deviceId, is_guest: false })
  })
  app.get('/_matrix/client/v3/account/3pid', (c) => {
    ctx.session(c)
    return c.json({ threepids: [] })
  })
}
