import type { EventId, ServerName } from '../../core/types.ts'
import type { Clock } from '../../trace/clock.ts'
import { EVENT_PATH, type EventPathAnswer } from '../event-path.ts'
import { eventIdParam, type Endpoint } from './endpoint.ts'
import { createPeerLimits } from './limits.ts'

/**
 * `GET /_matrix/federation/unstable/org.hearth/event_path/{eventId}`: when and how an event came here, what was
 * decided of it, and when clients first had it; nothing of who they are. For servers that are in the room and
 * may see the event, or that wrote it.
 */
export function createEventPath(deps: {
  clock: Clock
  rateLimits: boolean
  /** Throws `RoomError` for who may not know. */
  pathFor: (origin: ServerName, eventId: EventId) => Promise<EventPathAnswer>
}): Endpoint {
  const byServer = createPeerLimits({ clock: deps.clock, perSecond: 2, burst: 60, parallel: 4 })
  const all = createPeerLimits({ clock: deps.clock, perSecond: 20, burst: 200, parallel: 16 })
  return {
    method: 'GET',
    path: `${EVENT_PATH}/:eventId`,
    async handle(call) {
      const eventId = eventIdParam(call)
      call.log.set({ event: eventId })
      const entered = deps.rateLimits ? [byServer.enter(call.origin)] : []
      try {
        if (deps.rateLimits) entered.push(all.enter('all'))
        return await deps.pathFor(call.origin, eventId)
      } finally {
        for (const leave of entered) leave()
      }
    },
  }
}
