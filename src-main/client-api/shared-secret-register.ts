import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { forbidden, MatrixError } from '../http/errors.ts'
import { readBody } from './body.ts'
import { addressOf, type Register } from './context.ts'
import { openSession } from './login.ts'
import { hashPassword } from './password.ts'
import { rates } from './rate-limit.ts'
import { requireFree } from './register.ts'

const NONCE_MS = 60_000
const MAX_NONCES = 1_000

const body = z.looseObject({
  nonce: z.string(),
  username: z.string().min(1).max(255),
  password: z.string().min(1).max(4096),
  mac: z.string().regex(/^[0-9a-fA-F]{40}$/, 'must be 40 hexadecimal digits'),
  admin: z.boolean().optional(),
  user_type: z.string().nullish(),
  displayname: z.string().nullish(),
})

/**
 * The ecosystem's endpoint for scripts that create accounts: a nonce, then an HMAC-SHA1 over
 * `nonce NUL username NUL password NUL admin|notadmin [NUL user_type]` with the shared secret.
 * It exists only when a secret is configured.
 */
export const registerSharedSecret: Register = (app, ctx) => {
  const { sharedSecret } = ctx
  if (sharedSecret === undefined || sharedSecret === '') return
  const nonces = new Map<string, number>()
  const path = '/_synapse/admin/v1/register'

  app.get(path, (c) => {
    ctx.limiter.take(rates.register, addressOf(c))
    const now = ctx.clock.now()
    for (const [nonce, expires] of nonces) {
      if (expires > now && nonces.size < MAX_NONCES) break
      nonces.delete(nonce)
    }
    const nonce = Buffer.from(ctx.random.bytes(64)).toString('hex')
    nonces.set(nonce, now + NONCE_MS)
    return c.json({ nonce })
  })

  app.post(path, async (c) => {
    const {
      nonce,
      username,
      password,
      mac,
      admin,
      user_type: userType,
      displayname,
    } = await readBody(c, body)
    const expires = nonces.get(nonce)
    nonces.delete(nonce)
    if (expires === undefined || expires <= ctx.clock.now()) {
      throw new MatrixError(400, 'M_UNKNOWN', 'The nonce is unknown or too old')
    }
    const parts = [nonce, username, password, admin === true ? 'admin' : 'notadmin']
    if (typeof userType === 'string') parts.push(userType)
    const expected = createHmac('sha1', sharedSecret).update(parts.join('\0')).digest()
    if (!timingSafeEqual(expected, Buffer.from(mac, 'hex'))) throw forbidden('The HMAC is wrong')

    const userId = requireFree(ctx, username)
    const passwordHash = await hashPassword(password)
    if (!ctx.accounts.createAccount({ userId, passwordHash, admin: false })) {
      throw new MatrixError(400, 'M_USER_IN_USE', 'This user name is taken')
    }
    if (typeof displayname === 'string') ctx.accounts.setProfileField(userId, 'displayname', displayname)
    return c.json(openSession(ctx, userId, undefined, undefined))
  })
}
