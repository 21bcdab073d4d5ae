import { z } from 'zod'
import { asServerName } from '../../core/ids.ts'
import { invalidParam } from '../../http/errors.ts'
import { readOptionalBody } from '../body.ts'
import type { Register } from '../context.ts'
import { rates } from '../rate-limit.ts'
import { requireOwner } from './require-owner.ts'

/** What cares for a server with a domain name, for the owner alone. */
export const registerDomain: Register = (app, ctx) => {
  const { domain } = ctx
  if (domain === undefined) return
  app.post('/_hearth/v1/domain-check', async (c) => {
    requireOwner(ctx, c)
    const { ask } = await readOptionalBody(c, z.looseObject({ ask: z.string().optional() }))
    const server = ask === undefined ? undefined : asServerName(ask)
    if (ask !== undefined && server === undefined) throw invalidParam(`ask: "${ask}" is not a server name.`)
    ctx.limiter.take(rates.domainCheck, ctx.owner)
    return c.json(await domain.check(server))
  })
  app.post('/_hearth/v1/rotate-key', async (c) => {
    requireOwner(ctx, c)
    ctx.limiter.take(rates.rotateKey, ctx.owner)
    return c.json(await domain.rotateKey())
  })
}
