import { readOptionalBody, jsonObject } from './body.ts'
import { requireSelf, type Register } from './context.ts'
import { rates } from './rate-limit.ts'

const LIFETIME_SECONDS = 3600

/**
 * `POST /user/{userId}/openid/request_token` ("OpenID"): a token that says who the user is, to whoever asks this
 * server's federation for it, and opens nothing.
 */
export const registerOpenId: Register = (app, ctx) => {
  const { openId } = ctx
  if (openId === undefined) return
  app.post('/_matrix/client/v3/user/:userId/openid/request_token', async (c) => {
    const userId = requireSelf(ctx.session(c), c.req.param('userId'))
    await readOptionalBody(c, jsonObject)
    ctx.limiter.take(rates.openId, userId)
    const token = ctx.random.token(43)
    openId.put(token, userId, LIFETIME_SECONDS * 1000)
    return c.json({
      access_token: token,
      token_type: 'Bearer',
      matrix_server_name: ctx.serverName,
      expires_in: LIFETIME_SECONDS,
    })
  })
}
