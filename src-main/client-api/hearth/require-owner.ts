import type { Context } from 'hono'
import { forbidden } from '../../http/errors.ts'
import type { Ctx } from '../context.ts'

/** Throws unless the request carries the owner's access token. */
export function requireOwner(ctx: Pick<Ctx, 'session' | 'owner'>, c: Context): void {
  if (ctx.session(c).userId !== ctx.owner) throw forbidden('Only the owner of this server may do this')
}
