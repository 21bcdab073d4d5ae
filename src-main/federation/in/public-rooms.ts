import { invalidParam } from '../../http/errors.ts'
import {
  directoryBody,
  directoryPageJson,
  directoryQuery,
  isOfOtherNetwork,
  NO_ROOMS,
} from '../../rooms/finding/directory-json.ts'
import type { DirectoryQuery } from '../../rooms/finding/ports.ts'
import { clamp, parseBody, type Call, type Endpoint, type FederationDeps } from './endpoint.ts'

const PATH = '/_matrix/federation/v1/publicRooms'
const MAX_LIMIT = 200

/** `GET /_matrix/federation/v1/publicRooms` */
export const getPublicRooms: Endpoint = {
  method: 'GET',
  path: PATH,
  handle(call, deps) {
    const asked = call.query.get('limit')
    if (asked !== null && !/^\d{1,9}$/.test(asked)) throw invalidParam('limit must be a whole number.')
    return answer(call, deps, call.query.get('third_party_instance_id'), {
      limit: limitOf(asked === null ? undefined : Number(asked)),
      since: call.query.get('since') ?? undefined,
    })
  },
}

/** `POST /_matrix/federation/v1/publicRooms` */
export const queryPublicRooms: Endpoint = {
  method: 'POST',
  path: PATH,
  handle(call, deps) {
    const body = parseBody(directoryBody, call)
    const query = directoryQuery(body, limitOf(body.limit ?? undefined))
    return answer(call, deps, body.third_party_instance_id, query)
  },
}

/** 0, the default, means no limit of the asking server's. */
const limitOf = (asked: number | undefined): number =>
  clamp(asked === 0 ? undefined : asked, MAX_LIMIT, 1, MAX_LIMIT)

function answer(
  call: Call,
  { rooms }: FederationDeps,
  network: string | null | undefined,
  query: DirectoryQuery,
): unknown {
  if (isOfOtherNetwork(network)) return directoryPageJson(NO_ROOMS)
  return directoryPageJson(rooms.finding.publicRoomsForServer(call.origin, query))
}
