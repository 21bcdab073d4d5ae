import { eventIdQuery, roomIdParam, type Endpoint } from './endpoint.ts'

/** `GET /_matrix/federation/v1/state_ids/{roomId}` */
export const stateIds: Endpoint = {
  method: 'GET',
  path: '/_matrix/federation/v1/state_ids/:roomId',
  handle(call, { rooms }) {
    const at = rooms.stateAt(call.origin, roomIdParam(call), eventIdQuery(call))
    return {
      pdu_ids: at.state.map((pdu) => pdu.eventId),
      auth_chain_ids: at.authChain.map((pdu) => pdu.eventId),
    }
  },
}
