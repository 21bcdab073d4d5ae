import { eventIdParam, roomIdParam, type Endpoint } from './endpoint.ts'

/** `GET /_matrix/federation/v1/event_auth/{roomId}/{eventId}` */
export const eventAuth: Endpoint = {
  method: 'GET',
  path: '/_matrix/federation/v1/event_auth/:roomId/:eventId',
  async handle(call, { rooms }) {
    const chain = await rooms.authChainOf(call.origin, roomIdParam(call), eventIdParam(call))
    return { auth_chain: chain.map((pdu) => pdu.json) }
  },
}
