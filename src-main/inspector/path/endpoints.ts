import { parseEventId, parseServerName } from '../../core/ids.ts'
import type { EventId } from '../../core/types.ts'
import { endpoint } from '../../http/described.ts'
import { invalidParam, notFound } from '../../http/errors.ts'
import type { InspectorEndpoints } from '../app.ts'
import type { Trace } from '../trace.ts'
import { composePath } from './compose-path.ts'
import { composeThere } from './compose-there.ts'
import { findEvent } from './findings.ts'
import type { PathSources } from './ports.ts'
import { eventPathSchema, therePathSchema, type EventPath } from './schema.ts'

/** `GET path/{eventId}`: what is known here; `GET path/{eventId}/there/{server}`: what another server says. */
export function pathEndpoints(trace: Trace, sources: PathSources): InspectorEndpoints {
  async function pathOf(eventId: EventId): Promise<EventPath> {
    const found = await findEvent(trace, eventId)
    const { records } = await trace.page({ after: 0, limit: 1, filter: {} })
    const path = composePath(sources, eventId, found, records[0]?.ts)
    if (path === undefined) throw notFound('Nothing is known here of that event.')
    return path
  }
  return (app) => {
    endpoint(
      app,
      {
        method: 'get',
        path: '/path/:eventId',
        summary: 'The path of one event, from being written to being read, as far as this server knows it',
        answer: eventPathSchema,
      },
      ({ params }) => pathOf(eventIdOf(params['eventId'])),
    )
    endpoint(
      app,
      {
        method: 'get',
        path: '/path/:eventId/there/:server',
        summary: 'The same, as another server of the path tells it; that server is asked now',
        answer: therePathSchema,
      },
      async ({ params }) => {
        const eventId = eventIdOf(params['eventId'])
        const server = parseServerName(params['server'] ?? '')?.serverName
        const { servers } = await pathOf(eventId)
        if (server === undefined || !servers.some((each) => each.server === server))
          throw notFound('That server is not part of the path of this event.')
        return composeThere(server, await sources.ask(server, eventId))
      },
    )
  }
}

function eventIdOf(text: string | undefined): EventId {
  const id = parseEventId(text)
  if (id === undefined) throw invalidParam('That is not the id of an event.')
  return id
}
