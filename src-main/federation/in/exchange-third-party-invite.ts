import { roomIdParam, type Endpoint } from './endpoint.ts'

/** `PUT /_matrix/federation/v1/exchange_third_party_invite/{roomId}` */
export const exchangeThirdPartyInvite: Endpoint = {
  method: 'PUT',
  path: '/_matrix/federation/v1/exchange_third_party_invite/:roomId',
  maxBody: 65_536,
  async handle(call, { rooms }) {
    await rooms.exchangeThirdPartyInvite(call.origin, roomIdParam(call), call.body)
    return {}
  },
}
