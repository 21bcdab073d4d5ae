import { z } from 'zod'
import { clamp, eventIdList, parseBody, roomIdParam, type Endpoint } from './endpoint.ts'

const MAX_EVENTS = 100

const shape = z.object({
  earliest_events: eventIdList.max(1000),
  latest_events: eventIdList.max(1000),
  limit: z.number().optional(),
  min_depth: z.number().optional(),
})

/** `POST /_matrix/federation/v1/get_missing_events/{roomId}` */
export const getMissingEvents: Endpoint = {
  method: 'POST',
  path: '/_matrix/federation/v1/get_missing_events/:roomId',
  handle(call, { rooms }) {
    const body = parseBody(shape, call)
    const pdus = rooms.missingEventsForServer(call.origin, roomIdParam(call), {
      earliest: body.earliest_events,
      latest: body.latest_events,
      limit: clamp(body.limit, 10, 1, MAX_EVENTS),
      minDepth: clamp(body.min_depth, 0, 0, Number.MAX_SAFE_INTEGER),
    })
    return { events: pdus.map((pdu) => pdu.json) }
  },
}
