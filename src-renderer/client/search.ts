import { Method, type MatrixClient } from 'matrix-js-sdk'
import { z } from 'zod'
import './zod-config.ts'
import { parseEvents, rawEventSchema, type RawEvent } from './raw-event.ts'
import type { RoomEvent } from './types.ts'

export interface SearchQuery {
  readonly text: string
  /** Only in this room. */
  readonly roomId?: string | undefined
  /** Only by this person. */
  readonly sender?: string | undefined
  /** Milliseconds since the epoch, inclusive. */
  readonly fromTs?: number | undefined
  readonly toTs?: number | undefined
}

export interface SearchHit {
  readonly roomId: string
  readonly roomName: string
  readonly event: RoomEvent
  /** The messages just before and after it, oldest first. */
  readonly before: readonly RoomEvent[]
  readonly after: readonly RoomEvent[]
}

export interface SearchPage {
  readonly hits: readonly SearchHit[]
  /** Of all pages, as far as the server counts. */
  readonly count: number
  /** Words to mark. */
  readonly highlights: readonly string[]
  readonly next: string | undefined
}

const rawEvents = z.unknown().transform(parseEvents)
const hit = rawEventSchema.and(z.object({ room_id: z.string() }))

const answerSchema = z.object({
  search_categories: z.object({
    room_events: z.object({
      count: z.number().catch(0),
      highlights: z.array(z.string()).catch([]),
      next_batch: z.string().optional().catch(undefined),
      results: z
        .array(
          z.object({
            result: hit,
            context: z
              .object({ events_before: rawEvents, events_after: rawEvents })
              .optional()
              .catch(undefined),
          }),
        )
        .catch([]),
    }),
  }),
})

/**
 * POST /search (Client-Server API, "Server Side Search"), with the newest hits first. `convert` knows the events
 * as they are now, and `nameOf` the rooms.
 */
export function createSearch(
  sdk: MatrixClient,
  convert: (roomId: string, raw: RawEvent) => RoomEvent,
  nameOf: (roomId: string) => string | undefined,
) {
  return {
    async search(query: SearchQuery, next?: string): Promise<SearchPage> {
      const filter = {
        ...(query.roomId === undefined ? {} : { rooms: [query.roomId] }),
        ...(query.sender === undefined ? {} : { senders: [query.sender] }),
        ...(query.fromTs === undefined ? {} : { 'dev.hearth.from_ts': query.fromTs }),
        ...(query.toTs === undefined ? {} : { 'dev.hearth.to_ts': query.toTs }),
        limit: 20,
      }
      const body = {
        search_categories: {
          room_events: {
            search_term: query.text,
            order_by: 'recent',
            keys: ['content.body'],
            filter,
            event_context: { before_limit: 1, after_limit: 1, include_profile: false },
          },
        },
      }
      const answer = await sdk.http.authedRequest<unknown>(
        Method.Post,
        '/search',
        next === undefined ? undefined : { next_batch: next },
        body,
      )
      const { results, count, highlights, next_batch } =
        answerSchema.parse(answer).search_categories.room_events
      return {
        count,
        highlights,
        next: next_batch,
        hits: results.map(({ result, context }) => {
          const roomId = result.room_id
          const all = (events: readonly RawEvent[]): RoomEvent[] => events.map((raw) => convert(roomId, raw))
          return {
            roomId,
            roomName: nameOf(roomId) ?? 'A room you left',
            event: convert(roomId, result),
            before: all(context?.events_before ?? []).toReversed(),
            after: all(context?.events_after ?? []),
          }
        }),
      }
    },
  }
}
