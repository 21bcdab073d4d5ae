import { MatrixError } from '../../http/errors.ts'
import { jsonInSlices } from '../../http/json-in-slices.ts'
import { breathe, inTurns } from '../../trace/turns.ts'
import { accessTokenOf, type Ctx, type Register } from '../context.ts'
import type { Session } from '../ports.ts'
import { noteSync } from '../presence.ts'
import { buildSync, type SyncResult } from './build.ts'
import { syncRequestOf } from './request.ts'

/** GET /sync (Client-Server API, "Syncing"), with long polling. */
export const registerSync: Register = (app, ctx) => {
  app.get('/_matrix/client/v3/sync', async (c) => {
    const session = ctx.session(c)
    const request = syncRequestOf(c, ctx, session)
    noteSync(ctx, session, request.setPresence)
    const began = ctx.clock.monotonic()
    let woken: number | undefined
    const deadline = ctx.clock.monotonic() + request.timeoutMs
    const { signal } = c.req.raw
    for (;;) {
      const building = inTurns(buildSync(ctx, request))
      // What took long is answered, as something may have happened meanwhile that nobody would be woken for.
      const tookLong = building instanceof Promise
      const result = building instanceof Promise ? await building : building
      const left = deadline - ctx.clock.monotonic()
      if (
        !result.isEmpty ||
        tookLong ||
        request.since === undefined ||
        request.fullState ||
        left <= 0 ||
        signal.aborted
      ) {
        if (!result.isEmpty) noteAnswer(ctx, session, result, { began, woken })
        return jsonInSlices(result.json)
      }
      await ctx.notifier.waitFor(session.userId, result.joined, signal, left)
      woken = ctx.clock.monotonic()
      await breathe()
      if (ctx.notifier.stopped) return c.json(result.json)
      if (ctx.accounts.session(accessTokenOf(c) ?? '') === undefined) {
        throw new MatrixError(401, 'M_UNKNOWN_TOKEN', 'This session has ended; log in again')
      }
    }
  })
}

/** More are an initial sync's, or somebody's who was away. */
const MOST_NOTED = 100

/** From now on a client of this device knows these events. */
function noteAnswer(
  ctx: Ctx,
  session: Session,
  { events }: SyncResult,
  at: { began: number; woken: number | undefined },
): void {
  const now = ctx.clock.monotonic()
  ctx.log.note(
    'sync answered',
    {
      user: session.userId,
      device: session.deviceId,
      events: events.slice(-MOST_NOTED),
      waited: Math.round(now - at.began),
      // After what it waited for was there.
      late: at.woken === undefined ? undefined : Math.round(now - at.woken),
    },
    'debug',
  )
}
