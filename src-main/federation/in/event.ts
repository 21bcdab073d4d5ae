import { eventIdParam, type Endpoint } from './endpoint.ts'

/** `GET /_matrix/federation/v1/event/{eventId}` */
export const event: Endpoint = {
  method: 'GET',
  path: '/_matrix/federation/v1/event/:eventId',
  handle(call, { rooms, serverName, clock }) {
    const pdu = rooms.eventForServer(call.origin, eventIdParam(call))
    return { origin: serverName, origin_server_ts: clock.now(), pdus: [pdu.json] }
  },
}
