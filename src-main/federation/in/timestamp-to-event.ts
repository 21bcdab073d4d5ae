import { invalidParam } from '../../http/errors.ts'
import { roomIdParam, type Endpoint } from './endpoint.ts'

/** `GET /_matrix/federation/v1/timestamp_to_event/{roomId}` */
export const timestampToEvent: Endpoint = {
  method: 'GET',
  path: '/_matrix/federation/v1/timestamp_to_event/:roomId',
  handle(call, { rooms }) {
    const dir = call.query.get('dir') ?? 'f'
    if (dir !== 'f' && dir !== 'b') throw invalidParam('dir must be f or b.')
    const ts = Number(call.query.get('ts') ?? Number.NaN)
    if (!Number.isSafeInteger(ts)) throw invalidParam('ts must be a time in milliseconds.')
    const event = rooms.eventNearForServer(call.origin, roomIdParam(call), ts, dir)
    return { event_id: event.eventId, origin_server_ts: event.originServerTs }
  },
}
