import { MatrixError, Method, type MatrixClient } from 'matrix-js-sdk'
import { z } from 'zod'
import './zod-config.ts'
import { parseEvent, parseEvents, type RawEvent } from './raw-event.ts'

const token = z.string().optional().catch(undefined)
const chunk = z.unknown().transform(parseEvents)

/** Ours: history ends there because no server that has more of it can be reached. */
const incomplete = z.boolean().optional().catch(undefined)
const messagesSchema = z.object({ chunk, end: token, 'org.hearth.incomplete': incomplete })
const relationsSchema = z.object({ chunk, next_batch: token })
const contextSchema = z.object({
  event: z.unknown().transform(parseEvent),
  events_before: chunk,
  events_after: chunk,
  start: token,
  end: token,
})
const momentSchema = z.object({ event_id: z.string() })

export interface EventPage {
  readonly events: readonly RawEvent[]
  /** Where the next page begins; undefined after the last. */
  readonly next: string | undefined
  /** There is more, on servers that could not be reached now. */
  readonly unreachable?: boolean
}

export interface EventContextPage {
  /** Oldest first, with the event in the middle. */
  readonly events: readonly RawEvent[]
  readonly older: string | undefined
  readonly newer: string | undefined
}

/** What the client asks the node of a room's events. Promises reject with the server's error. */
export function createTimelineApi(sdk: MatrixClient) {
  async function get(
    version: 'v1' | 'v3',
    path: readonly string[],
    query: Record<string, string | undefined> = {},
  ): Promise<unknown> {
    const asked = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined))
    return sdk.http.authedRequest<unknown>(
      Method.Get,
      `/rooms/${path.map(encodeURIComponent).join('/')}`,
      asked as Record<string, string>,
      undefined,
      { prefix: `/_matrix/client/${version}` },
    )
  }

  return {
    /** GET /messages; `b` goes into the past. */
    async messages(
      roomId: string,
      dir: 'b' | 'f',
      from: string | undefined,
      limit: number,
      filter?: Record<string, unknown>,
    ): Promise<EventPage> {
      const answer = messagesSchema.parse(
        await get('v3', [roomId, 'messages'], {
          dir,
          from,
          limit: String(limit),
          filter: filter === undefined ? undefined : JSON.stringify(filter),
        }),
      )
      return {
        events: answer.chunk,
        next: answer.end,
        unreachable: answer['org.hearth.incomplete'] === true,
      }
    },
    /** GET /context: the events around one. */
    async context(roomId: string, eventId: string, limit: number): Promise<EventContextPage> {
      const answer = contextSchema.parse(
        await get('v3', [roomId, 'context', eventId], { limit: String(limit) }),
      )
      return {
        events: [
          ...answer.events_before.toReversed(),
          ...(answer.event === undefined ? [] : [answer.event]),
          ...answer.events_after,
        ],
        older: answer.start,
        newer: answer.end,
      }
    },
    /** GET /event as the server tells it; undefined where there is none, or none that may be seen. */
    async event(roomId: string, eventId: string): Promise<Readonly<Record<string, unknown>> | undefined> {
      try {
        return z.record(z.string(), z.unknown()).parse(await get('v3', [roomId, 'event', eventId]))
      } catch (error) {
        if (error instanceof MatrixError && (error.httpStatus === 404 || error.httpStatus === 403))
          return undefined
        throw error
      }
    },
    /** GET /relations, newest first; without a type, those of relations are there too. */
    async relations(
      roomId: string,
      eventId: string,
      from: string | undefined,
      relType?: string,
    ): Promise<EventPage> {
      const path = [roomId, 'relations', eventId, ...(relType === undefined ? [] : [relType])]
      const answer = relationsSchema.parse(
        await get('v1', path, {
          dir: 'b',
          limit: '100',
          from,
          ...(relType === undefined ? { recurse: 'true' } : {}),
        }),
      )
      return { events: answer.chunk, next: answer.next_batch }
    },
    /** GET /threads: roots, those with the newest reply first. */
    async threads(roomId: string, from: string | undefined): Promise<EventPage> {
      const answer = relationsSchema.parse(await get('v1', [roomId, 'threads'], { limit: '20', from }))
      return { events: answer.chunk, next: answer.next_batch }
    },
    /** GET /timestamp_to_event: id of the first event at or after a moment, else of the last before. */
    async eventAt(roomId: string, ts: number): Promise<string> {
      const ask = async (dir: 'f' | 'b'): Promise<string> =>
        momentSchema.parse(
          await get('v1', [roomId, 'timestamp_to_event'], { ts: String(Math.round(ts)), dir }),
        ).event_id
      try {
        return await ask('f')
      } catch (error) {
        if (error instanceof MatrixError && error.httpStatus === 404) return ask('b')
        throw error
      }
    },
  }
}
export type TimelineApi = ReturnType<typeof createTimelineApi>
