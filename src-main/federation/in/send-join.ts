import { eventIdParam, roomIdParam, type Call, type Endpoint, type FederationDeps } from './endpoint.ts'

async function receive(call: Call, { rooms, serverName }: FederationDeps): Promise<unknown> {
  const joined = await rooms.receiveJoin(call.origin, roomIdParam(call), eventIdParam(call), call.body)
  return {
    origin: serverName,
    // All members are always sent, also to servers that could do with fewer.
    members_omitted: false,
    event: joined.event,
    state: joined.state,
    auth_chain: joined.authChain,
  }
}

/** `PUT /_matrix/federation/v2/send_join/{roomId}/{eventId}` */
export const sendJoinV2: Endpoint = {
  method: 'PUT',
  path: '/_matrix/federation/v2/send_join/:roomId/:eventId',
  handle: receive,
}

/** `PUT /_matrix/federation/v1/send_join/{roomId}/{eventId}`: deprecated, the same in an array. */
export const sendJoinV1: Endpoint = {
  method: 'PUT',
  path: '/_matrix/federation/v1/send_join/:roomId/:eventId',
  handle: async (call, deps) => [200, await receive(call, deps)],
}
