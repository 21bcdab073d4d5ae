import { eventIdQuery, roomIdParam, type Endpoint } from './endpoint.ts'

/** `GET /_matrix/federation/v1/state_ids/{roomId}` */
export const stateIds: Endpoint = {
  method: 'GET',
  path: '/_matrix/federation/v1/state_ids/:roomId',
  async handle(call, { rooms }) {
    const at = await rooms.stateAt(call.origin, roomIdParam(call), eventIdQuery(call))
    return {
      pdu_ids: at.state.map((pdu) => pdu.eventId),
      auth_chain_ids: at.authChain.map((pdu) => pdu.eventId),
    }
  },
}
