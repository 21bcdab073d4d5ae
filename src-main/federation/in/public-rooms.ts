import { z } from 'zod'
import { invalidParam } from '../../http/errors.ts'
import type { DirectoryPage } from '../../rooms/finding/api.ts'
import type { DirectoryQuery } from '../../rooms/finding/ports.ts'
import { clamp, parseBody, type Call, type Endpoint, type FederationDeps } from './endpoint.ts'

const PATH = '/_matrix/federation/v1/publicRooms'
const MAX_LIMIT = 200

const body = z.looseObject({
  limit: z.number().int().nullish(),
  since: z.string().max(1000).nullish(),
  include_all_networks: z.boolean().nullish(),
  third_party_instance_id: z.string().nullish(),
  filter: z
    .looseObject({
      generic_search_term: z.string().max(1000).nullish(),
      room_types: z.array(z.string().nullable()).max(50).nullish(),
    })
    .nullish(),
})

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
    const { limit, since, filter, third_party_instance_id: network } = parseBody(body, call)
    return answer(call, deps, network, {
      limit: limitOf(limit ?? undefined),
      since: since ?? undefined,
      term: filter?.generic_search_term ?? undefined,
      types: filter?.room_types ?? undefined,
    })
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
  // Rooms bridged to other networks: there are none here.
  if (network !== null && network !== undefined && network !== '')
    return pageJson({ rooms: [], nextBatch: undefined, prevBatch: undefined, total: 0 })
  return pageJson(rooms.finding.publicRoomsForServer(call.origin, query))
}

const pageJson = ({ rooms, nextBatch, prevBatch, total }: DirectoryPage): unknown => ({
  chunk: rooms,
  ...(nextBatch === undefined ? {} : { next_batch: nextBatch }),
  ...(prevBatch === undefined ? {} : { prev_batch: prevBatch }),
  ...(total === undefined ? {} : { total_room_count_estimate: total }),
})
