import { MatrixError } from '../../http/errors.ts'
import { accessTokenOf, type Register } from '../context.ts'
import { noteSync } from '../presence.ts'
import { buildSync } from './build.ts'
import { syncRequestOf } from './request.ts'

/** GET /sync (Client-Server API, "Syncing"), with long polling. */
export const registerSync: Register = (app, ctx) => {
  app.get('/_matrix/client/v3/sync', async (c) => {
    const session = ctx.session(c)
    const request = syncRequestOf(c, ctx, session)
    noteSync(ctx, session, request.setPresence)
    const deadline = ctx.clock.monotonic() + request.timeoutMs
    const { signal } = c.req.raw
    for (;;) {
      const result = buildSync(ctx, request)
      const left = deadline - ctx.clock.monotonic()
      if (
        !result.isEmpty ||
        request.since === undefined ||
        request.fullState ||
        left <= 0 ||
        signal.aborted
      ) {
        return c.json(result.json)
      }
      await ctx.notifier.waitFor(session.userId, result.joined, signal, left)
      if (ctx.notifier.stopped) return c.json(result.json)
      if (ctx.accounts.session(accessTokenOf(c) ?? '') === undefined) {
        throw new MatrixError(401, 'M_UNKNOWN_TOKEN', 'This session has ended; log in again')
      }
    }
  })
}
