import { eventIdParam, roomIdParam, type Endpoint } from './endpoint.ts'

/** `PUT /_matrix/federation/v1/send_knock/{roomId}/{eventId}` */
export const sendKnock: Endpoint = {
  method: 'PUT',
  path: '/_matrix/federation/v1/send_knock/:roomId/:eventId',
  async handle(call, { rooms }) {
    const knock = await rooms.receiveKnock(call.origin, roomIdParam(call), eventIdParam(call), call.body)
    return { knock_room_state: knock.strippedState }
  },
}
