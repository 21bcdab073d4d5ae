import { parseRoomAlias } from '../../core/ids.ts'
import { invalidParam, missingParam, notFound } from '../../http/errors.ts'
import type { Endpoint } from './endpoint.ts'

/** `GET /_matrix/federation/v1/query/directory` */
export const queryDirectory: Endpoint = {
  method: 'GET',
  path: '/_matrix/federation/v1/query/directory',
  async handle(call, { rooms, serverName }) {
    const asked = call.query.get('room_alias')
    if (asked === null) throw missingParam('The query has no room_alias.')
    const alias = parseRoomAlias(asked)
    if (alias === undefined) throw invalidParam('The room_alias of the query is not a room alias.')
    // Only our own: looking others up would make this server ask around at a stranger's wish.
    if (alias.serverName !== serverName) throw notFound('The room alias is not of this server.')
    const found = await rooms.resolveAlias(alias.alias)
    return { room_id: found.roomId, servers: found.servers }
  },
}
