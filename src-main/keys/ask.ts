import type { ServerName } from '../core/types.ts'
import { RemoteError } from '../rooms/ports.ts'
import type { KeysContext } from './context.ts'

/** So long nobody waits again for a server that did not answer. */
const AWAY_MS = 15_000
const MAX_AWAY = 1_000

export type Asked<T> = { ok: true; value: T } | { ok: false; words: string }

/** Asks one server, unless it is known to be away; failures are sentences for people. */
export async function ask<T>(
  ctx: KeysContext,
  server: ServerName,
  request: () => Promise<T>,
): Promise<Asked<T>> {
  if (!ctx.domainAllowed(server)) {
    return { ok: false, words: `The settings of this server do not allow contact with ${server}.` }
  }
  const away = ctx.away.get(server)
  if (away !== undefined && away.until > ctx.clock.now()) return { ok: false, words: away.words }
  try {
    const value = await request()
    ctx.away.delete(server)
    return { ok: true, value }
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error
    const words =
      error.status === undefined
        ? `${server} cannot be reached at the moment.`
        : `${server} could not answer (HTTP ${error.status}).`
    ctx.log.note('keys not had', { server, error: error.message })
    if (error.retryable) {
      if (ctx.away.size >= MAX_AWAY) ctx.away.clear()
      ctx.away.set(server, { until: ctx.clock.now() + AWAY_MS, words })
    }
    return { ok: false, words }
  }
}
