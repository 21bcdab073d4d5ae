import type { Register } from '../context.ts'

/**
 * GET /_hearth/v1/denied-by, for everybody here: the servers whose owners do not allow this one, as far as they
 * have said so. The other direction is `allowed` of a room's servers.
 */
export const registerDeniedBy: Register = (app, ctx) => {
  app.get('/_hearth/v1/denied-by', (c) => {
    ctx.session(c)
    return c.json({ servers: [...(ctx.hearth.deniedBy?.() ?? [])] })
  })
}
