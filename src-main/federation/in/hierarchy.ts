import { roomIdParam, type Endpoint } from './endpoint.ts'

/** `GET /_matrix/federation/v1/hierarchy/{roomId}` */
export const hierarchy: Endpoint = {
  method: 'GET',
  path: '/_matrix/federation/v1/hierarchy/:roomId',
  handle(call, { rooms }) {
    const suggestedOnly = call.query.get('suggested_only') === 'true'
    const { room, children, inaccessible } = rooms.finding.hierarchyForServer(
      call.origin,
      roomIdParam(call),
      suggestedOnly,
    )
    return { room, children, inaccessible_children: inaccessible }
  },
}
