import type { ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'
import { LOOK_BACK_PATH, type LookBackAnswer } from '../look-back.ts'
import type { Endpoint } from './endpoint.ts'
import { createPeerLimits } from './limits.ts'

/**
 * `GET /_matrix/federation/unstable/org.hearth/look_back`: goes to the server that asks, afresh, as to any
 * other, and says how far it came. It can be sent nowhere but to whoever proved to have that name, never to
 * private addresses, and not often: once in 20 seconds for each server, four at a time for all.
 */
export function createLookBack(deps: {
  clock: Clock
  rateLimits: boolean
  look: (server: ServerName) => Promise<LookBackAnswer>
}): Endpoint {
  const byServer = createPeerLimits({ clock: deps.clock, perSecond: 0.05, burst: 5, parallel: 1 })
  const all = createPeerLimits({ clock: deps.clock, perSecond: 1, burst: 20, parallel: 4 })
  return {
    method: 'GET',
    path: LOOK_BACK_PATH,
    async handle({ origin }) {
      const entered = deps.rateLimits ? [byServer.enter(origin), all.enter('all')] : []
      try {
        return await deps.look(origin)
      } finally {
        for (const leave of entered) leave()
      }
    },
  }
}
