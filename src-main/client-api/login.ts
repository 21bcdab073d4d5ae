import { z } from 'zod'
import type { JsonObject, UserId } from '../core/types.ts'
import { parseUserId } from '../core/ids.ts'
import { forbidden, MatrixError, missingParam } from '../http/errors.ts'
import { readBody, readOptionalBody } from './body.ts'
import { addressOf, type Ctx, type Register } from './context.ts'
import { verifyPassword } from './password.ts'
import { rates } from './rate-limit.ts'
import { authData } from './uia.ts'

const loginBody = z.looseObject({
  type: z.string(),
  identifier: z.looseObject({ type: z.string(), user: z.string().optional() }).optional(),
  user: z.string().optional(),
  password: z.string().max(4096).optional(),
  token: z.string().optional(),
  device_id: z.string().min(1).max(255).nullish(),
  initial_device_display_name: z.string().max(255).nullish(),
})

const LOGIN_TOKEN_MS = 2 * 60_000
/** The link that opens browser mode may wait for a person to click it. */
const OPEN_LINK_MS = 15 * 60_000

/** GET and POST /login (m.login.password, m.login.token), POST /login/get_token. */
export const registerLogin: Register = (app, ctx) => {
  app.get('/_matrix/client/v3/login', (c) =>
    c.json({ flows: [{ type: 'm.login.password' }, { type: 'm.login.token', get_login_token: true }] }),
  )

  app.post('/_matrix/client/v3/login', async (c) => {
    ctx.limiter.take(rates.loginByAddress, addressOf(c))
    const body = await readBody(c, loginBody)
    const user = await authenticate(ctx, body)
    return c.json(
      openSession(ctx, user, body.device_id ?? undefined, body.initial_device_display_name ?? undefined),
    )
  })

  app.post('/_matrix/client/v1/login/get_token', async (c) => {
    const { userId } = ctx.session(c)
    const body = await readOptionalBody(c, z.looseObject({ auth: authData.optional() }))
    await ctx.uia.requirePassword('token', body.auth, userId)
    return c.json({
      login_token: createLoginToken(ctx, userId, LOGIN_TOKEN_MS),
      expires_in_ms: LOGIN_TOKEN_MS,
    })
  })
}

async function authenticate(ctx: Ctx, body: z.infer<typeof loginBody>): Promise<UserId> {
  switch (body.type) {
    case 'm.login.password':
      return byPassword(ctx, body)
    case 'm.login.token': {
      if (body.token === undefined) throw missingParam('`token` is missing')
      const user = ctx.accounts.takeLoginToken(body.token)
      if (user === undefined) throw forbidden('This login link was used already, or is too old')
      requireActive(ctx, user)
      return user
    }
    default:
      throw new MatrixError(400, 'M_UNKNOWN', `Login type ${body.type.slice(0, 60)} is not supported`)
  }
}

async function byPassword(ctx: Ctx, body: z.infer<typeof loginBody>): Promise<UserId> {
  if (body.identifier !== undefined && body.identifier.type !== 'm.id.user') {
    throw new MatrixError(400, 'M_UNKNOWN', 'Log in with a user name (m.id.user)')
  }
  const name = body.identifier?.user ?? body.user
  if (name === undefined) throw missingParam('`identifier.user` is missing')
  if (body.password === undefined) throw missingParam('`password` is missing')
  const user = parseUserId(name.startsWith('@') ? name : `@${name}:${ctx.serverName}`)?.userId
  const key = user ?? 'nobody'
  ctx.limiter.check(rates.loginFailures, key)
  const hash = user !== undefined && ctx.isLocal(user) ? ctx.accounts.passwordHash(user) : undefined
  const isRight = await verifyPassword(body.password, hash)
  if (!isRight || user === undefined) {
    ctx.limiter.take(rates.loginFailures, key)
    if (user !== undefined) requireActive(ctx, user)
    throw forbidden('The user name or the password is wrong')
  }
  requireActive(ctx, user)
  return user
}

function requireActive(ctx: Ctx, user: UserId): void {
  if (ctx.accounts.account(user)?.deactivated === true) {
    throw new MatrixError(403, 'M_USER_DEACTIVATED', 'This account was deactivated')
  }
}

/** Opens a session on a new or known device, and answers as `/login` and `/register` do. */
export function openSession(
  ctx: Ctx,
  userId: UserId,
  wantedDevice: string | undefined,
  displayName: string | undefined,
): JsonObject {
  const { accounts, random } = ctx
  const deviceId = wantedDevice ?? random.token(10).replaceAll(/[-_]/g, 'X').toUpperCase()
  const token = `hth_${random.token(43)}`
  accounts.transaction(() => {
    accounts.createDevice(userId, deviceId, displayName)
    accounts.putAccessToken(token, { userId, deviceId })
  })
  return { user_id: userId, access_token: token, device_id: deviceId, home_server: ctx.serverName }
}

/** A single-use token for `m.login.token`; it is valid for `lifetimeMs`. */
export function createLoginToken(
  ctx: Pick<Ctx, 'accounts' | 'random' | 'clock'>,
  userId: UserId,
  lifetimeMs = OPEN_LINK_MS,
): string {
  const token = ctx.random.token(43)
  ctx.accounts.putLoginToken(token, userId, ctx.clock.now() + lifetimeMs)
  return token
}
