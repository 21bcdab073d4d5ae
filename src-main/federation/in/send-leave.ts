import { eventIdParam, roomIdParam, type Call, type Endpoint, type FederationDeps } from './endpoint.ts'

async function receive(call: Call, { rooms }: FederationDeps): Promise<unknown> {
  await rooms.receiveLeave(call.origin, roomIdParam(call), eventIdParam(call), call.body)
  return {}
}

/** `PUT /_matrix/federation/v2/send_leave/{roomId}/{eventId}` */
export const sendLeaveV2: Endpoint = {
  method: 'PUT',
  path: '/_matrix/federation/v2/send_leave/:roomId/:eventId',
  handle: receive,
}

/** `PUT /_matrix/federation/v1/send_leave/{roomId}/{eventId}`: deprecated, the same in an array. */
export const sendLeaveV1: Endpoint = {
  method: 'PUT',
  path: '/_matrix/federation/v1/send_leave/:roomId/:eventId',
  handle: async (call, deps) => [200, await receive(call, deps)],
}
