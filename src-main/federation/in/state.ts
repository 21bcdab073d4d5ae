import { eventIdQuery, roomIdParam, type Endpoint } from './endpoint.ts'

/** `GET /_matrix/federation/v1/state/{roomId}` */
export const state: Endpoint = {
  method: 'GET',
  path: '/_matrix/federation/v1/state/:roomId',
  async handle(call, { rooms }) {
    const at = await rooms.stateAt(call.origin, roomIdParam(call), eventIdQuery(call))
    return { pdus: at.state.map((pdu) => pdu.json), auth_chain: at.authChain.map((pdu) => pdu.json) }
  },
}
