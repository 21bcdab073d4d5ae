import { z } from 'zod'
import type { DirectoryPage } from './api.ts'
import type { DirectoryQuery } from './ports.ts'

/** The body of `POST …/publicRooms`, which clients and servers send alike but for its `limit`. */
export const directoryBody = z.looseObject({
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

export function directoryQuery(
  { since, filter }: z.infer<typeof directoryBody>,
  limit: number,
): DirectoryQuery {
  return {
    limit,
    since: since ?? undefined,
    term: filter?.generic_search_term ?? undefined,
    types: filter?.room_types ?? undefined,
  }
}

/** Rooms bridged to other networks: there are none here. */
export const isOfOtherNetwork = (instance: string | null | undefined): boolean =>
  instance !== null && instance !== undefined && instance !== ''

export const NO_ROOMS: DirectoryPage = { rooms: [], nextBatch: undefined, prevBatch: undefined, total: 0 }

export const directoryPageJson = ({ rooms, nextBatch, prevBatch, total }: DirectoryPage) => ({
  chunk: rooms,
  ...(nextBatch === undefined ? {} : { next_batch: nextBatch }),
  ...(prevBatch === undefined ? {} : { prev_batch: prevBatch }),
  ...(total === undefined ? {} : { total_room_count_estimate: total }),
})
