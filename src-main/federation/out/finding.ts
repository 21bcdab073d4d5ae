import { z } from 'zod'
import { isObject } from '../../core/json.ts'
import type { JsonObject, ServerName } from '../../core/types.ts'
import type { RemoteFinding } from '../../rooms/finding/ports.ts'
import type { FederationRequest } from './signed-client.ts'

/** Sends a request and checks the shape of its answer; failures are `RemoteError`. */
export type Ask = <T>(dest: ServerName, request: FederationRequest, shape: z.ZodType<T>) => Promise<T>

const object = z.custom<JsonObject>(isObject)
const page = z.object({
  chunk: z.array(object),
  next_batch: z.string().nullish(),
  prev_batch: z.string().nullish(),
  total_room_count_estimate: z.number().nullish(),
})
const space = z.object({
  room: object,
  children: z.array(object).optional(),
  inaccessible_children: z.array(z.string()).optional(),
})

const MB = 1024 * 1024
/** Somebody looks at a screen and waits. */
const BOUNDS = { timeoutMs: 15_000, maxBytes: 4 * MB }

/** Server-server `/publicRooms` and `/hierarchy`. */
export function createFindingRequests(ask: Ask): RemoteFinding {
  return {
    async publicRooms(dest, { limit, since, term, types }) {
      const path = '/_matrix/federation/v1/publicRooms'
      const filter: JsonObject = {
        ...(term === undefined || term === '' ? {} : { generic_search_term: term }),
        ...(types === undefined ? {} : { room_types: [...types] }),
      }
      const filtered = Object.keys(filter).length > 0
      const token = since === undefined ? {} : { since }
      const request: FederationRequest = filtered
        ? { method: 'POST', path, content: { limit, ...token, filter }, ...BOUNDS }
        : { method: 'GET', path, query: Object.entries({ limit: String(limit), ...token }), ...BOUNDS }
      const answer = await ask(dest, request, page)
      return {
        chunk: answer.chunk,
        nextBatch: answer.next_batch ?? undefined,
        prevBatch: answer.prev_batch ?? undefined,
        total: answer.total_room_count_estimate ?? undefined,
      }
    },

    async spaceHierarchy(dest, roomId) {
      const path = `/_matrix/federation/v1/hierarchy/${encodeURIComponent(roomId)}`
      const answer = await ask(dest, { method: 'GET', path, ...BOUNDS }, space)
      return {
        room: answer.room,
        children: answer.children ?? [],
        inaccessible: answer.inaccessible_children ?? [],
      }
    },
  }
}
