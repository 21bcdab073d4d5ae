import { z } from 'zod'
import type { JsonObject, UserId } from '../core/types.ts'
import { isStrictUserId } from '../core/ids.ts'
import { forbidden, MatrixError } from '../http/errors.ts'
import { readOptionalBody } from './body.ts'
import { addressOf, type Ctx, type Register } from './context.ts'
import { openSession } from './login.ts'
import { hashPassword } from './password.ts'
import { rates } from './rate-limit.ts'
import { authData, type AuthStage } from './uia.ts'

const registerBody = z.looseObject({
  auth: authData.optional(),
  username: z.string().max(255).nullish(),
  password: z.string().min(1).max(4096).nullish(),
  device_id: z.string().min(1).max(255).nullish(),
  initial_device_display_name: z.string().max(255).nullish(),
  inhibit_login: z.boolean().nullish(),
})

/** POST /register, GET /register/available, and the validity of registration tokens. */
export const registerRegister: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/register', async (c) => {
    const kind = c.req.query('kind') ?? 'user'
    if (kind === 'guest') {
      throw new MatrixError(403, 'M_GUEST_ACCESS_FORBIDDEN', 'This server has no guest accounts')
    }
    if (kind !== 'user') throw new MatrixError(400, 'M_INVALID_PARAM', 'kind must be user or guest')
    if (ctx.registration === 'closed') throw forbidden('Registration is closed on this server')
    const body = await readOptionalBody(c, registerBody)
    if (body.username !== undefined && body.username !== null) requireFree(ctx, body.username)

    const stage: AuthStage = ctx.registration === 'token' ? 'm.login.registration_token' : 'm.login.dummy'
    // The challenge is counted too, or it could be used to fill the table of sessions.
    ctx.limiter.take(rates.register, addressOf(c))
    const auth = await ctx.uia.require([stage], 'register', body.auth, undefined)
    if (body.password === undefined || body.password === null) {
      throw new MatrixError(400, 'M_MISSING_PARAM', '`password` is missing')
    }
    const userId = userIdFor(ctx, body.username ?? ctx.random.token(12).toLowerCase().replaceAll('_', '-'))
    const passwordHash = await hashPassword(body.password)
    ctx.accounts.transaction(() => {
      if (
        auth.registrationToken !== undefined &&
        !ctx.accounts.useRegistrationToken(auth.registrationToken)
      ) {
        throw forbidden('This registration token is not valid any more')
      }
      if (!ctx.accounts.createAccount({ userId, passwordHash, admin: false })) throw userInUse()
    })
    ctx.uia.finish(auth.session)
    const answer: JsonObject =
      body.inhibit_login === true
        ? { user_id: userId, home_server: ctx.serverName }
        : openSession(ctx, userId, body.device_id ?? undefined, body.initial_device_display_name ?? undefined)
    return c.json(answer)
  })

  app.get('/_matrix/client/v3/register/available', (c) => {
    ctx.limiter.take(rates.register, addressOf(c))
    if (ctx.registration === 'closed') throw forbidden('Registration is closed on this server')
    const username = c.req.query('username')
    if (username === undefined) throw new MatrixError(400, 'M_MISSING_PARAM', '`username` is missing')
    requireFree(ctx, username)
    return c.json({ available: true })
  })

  app.get('/_matrix/client/v1/register/m.login.registration_token/validity', (c) => {
    ctx.limiter.take(rates.register, addressOf(c))
    return c.json({ valid: ctx.accounts.registrationTokenValid(c.req.query('token') ?? '') })
  })
}

/** Throws M_INVALID_USERNAME or M_USER_IN_USE. */
export function requireFree(ctx: Ctx, localpart: string): UserId {
  const userId = userIdFor(ctx, localpart)
  if (ctx.accounts.exists(userId)) throw userInUse()
  return userId
}

function userIdFor(ctx: Ctx, localpart: string): UserId {
  const id = `@${localpart}:${ctx.serverName}`
  if (localpart === '' || !isStrictUserId(id)) {
    throw new MatrixError(
      400,
      'M_INVALID_USERNAME',
      'A user name may have lower-case letters a to z, digits and . _ = - / + and no other characters',
    )
  }
  return id
}

const userInUse = (): MatrixError => new MatrixError(400, 'M_USER_IN_USE', 'This user name is taken')
