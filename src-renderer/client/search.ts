import { MatrixEvent, Method, type MatrixClient } from 'matrix-js-sdk'
import { z } from 'zod'
import './zod-config.ts'
import { toPerson, toRoomEvent, toSummary, type Surroundings } from './convert.ts'
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

const rawEvent = z.looseObject({
  event_id: z.string(),
  room_id: z.string(),
  sender: z.string(),
  type: z.string(),
  origin_server_ts: z.number(),
  content: z.record(z.string(), z.unknown()),
})
const rawEvents = z
  .array(z.unknown())
  .catch([])
  .transform((rows) => rows.flatMap((row) => rawEvent.safeParse(row).data ?? []))

const answerSchema = z.object({
  search_categories: z.object({
    room_events: z.object({
      count: z.number().catch(0),
      highlights: z.array(z.string()).catch([]),
      next_batch: z.string().optional().catch(undefined),
      results: z
        .array(
          z.object({
            result: rawEvent,
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

/** POST /search (Client-Server API, "Server Side Search"), with the newest hits first. */
export function createSearch(sdk: MatrixClient, around: Surroundings) {
  function convert(raw: z.infer<typeof rawEvent>): RoomEvent {
    const room = sdk.getRoom(raw.room_id)
    // The timeline's own object knows of edits and reactions.
    const known = room?.findEventById(raw.event_id)
    return toRoomEvent((userId) => toPerson(around, room, userId), known ?? new MatrixEvent(raw))
  }

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
          const room = sdk.getRoom(result.room_id)
          return {
            roomId: result.room_id,
            roomName: room === null ? 'A room you left' : toSummary(around, room).name,
            event: convert(result),
            before: (context?.events_before ?? []).map(convert).toReversed(),
            after: (context?.events_after ?? []).map(convert),
          }
        }),
      }
    },
  }
}
