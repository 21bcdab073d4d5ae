import { setImmediate } from 'node:timers/promises'
import type { Context } from 'hono'
import { z } from 'zod'
import { parseRoomId } from '../../core/ids.ts'
import type { EventId, JsonObject, RoomId } from '../../core/types.ts'
import { invalidParam, notFound } from '../../http/errors.ts'
import type { Clock } from '../../trace/clock.ts'
import type { InspectorEndpoints } from '../app.ts'
import type { GraphChanges, GraphCursor, GraphEvent, GraphSlice, RoomGraph } from './ports.ts'

/** Events of one page; more takes several. */
export const MAX_EVENTS = 10_000
const DEFAULT_EVENTS = 1_000
/** Events that are read and written at once: a few milliseconds. */
const SLICE = 50
/** A room that is flooded from many ends has more than anybody can look at. */
const MAX_EXTREMITIES = 1_000
const MAX_WAIT_MS = 60_000

export interface GraphParts {
  readonly graph: RoomGraph
  readonly changes: GraphChanges
  /** The name that the room's state gives it. */
  readonly nameOf: (roomId: RoomId) => string | undefined
  readonly clock: Clock
}

const number = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number)
const query = z.object({
  before: z
    .string()
    .regex(/^-?\d{1,16}\.[0-3]\.\d{1,16}$/)
    .transform((text): GraphCursor => {
      const [depth, status, nid] = text.split('.').map(Number)
      return { depth: depth ?? 0, status: status ?? 0, number: nid ?? 0 }
    })
    .optional(),
  after: z.string().max(64).optional(),
  limit: number.optional(),
  wait: number.optional(),
})

/**
 * The event graphs of the rooms that this node knows:
 * `GET rooms`, and `GET rooms/{roomId}/graph` in two ways. A page: the `limit` deepest events below `before`.
 * News: what was stored or changed after the position `after`, for which it waits up to `wait` milliseconds.
 */
export function graphEndpoints({ graph, changes, nameOf, clock }: GraphParts): InspectorEndpoints {
  return (app) => {
    app.get('/rooms', async (c) => {
      const rooms: JsonObject[] = []
      for (const room of graph.rooms()) {
        const counting = graph.counts(room.roomId)
        let step = counting.next()
        for (; step.done !== true; step = counting.next()) await setImmediate()
        const { value: counts } = step
        const name = room.participating ? nameOf(room.roomId) : undefined
        rooms.push({
          room_id: room.roomId,
          ...(name === undefined ? {} : { name }),
          version: room.version,
          participating: room.participating,
          events: counts.accepted + counts.rejected + counts.outlier + counts['soft-failed'],
          extremities: room.extremities,
          gaps: room.gaps,
          rejected: counts.rejected,
          soft_failed: counts['soft-failed'],
          outliers: counts.outlier,
        })
        await setImmediate()
      }
      return c.json({ rooms })
    })

    app.get('/rooms/:roomId/graph', async (c) => {
      const roomId = parseRoomId(c.req.param('roomId'))
      if (roomId === undefined) throw invalidParam('room_id is not a room id')
      const asked = query.safeParse(c.req.query())
      if (!asked.success)
        throw invalidParam(`${asked.error.issues[0]?.path.join('.') ?? 'A parameter'} has the wrong form`)
      if (!graph.has(roomId)) throw notFound('This node does not know that room')
      const { before, after, limit, wait } = asked.data
      const most = Math.min(MAX_EVENTS, Math.max(1, limit ?? DEFAULT_EVENTS))
      if (after === undefined) return streamed(page(roomId, before, most))
      return await news(c, roomId, after, most, Math.min(MAX_WAIT_MS, wait ?? 0))
    })
  }

  /** The parts of a JSON object, a slice of events each, so that a large page holds up nobody. */
  async function* page(
    roomId: RoomId,
    before: GraphCursor | undefined,
    limit: number,
  ): AsyncGenerator<string> {
    // Taken first: what happens meanwhile is told again, rather than not at all.
    const next = changes.position()
    const missing = new Set<EventId>()
    let below = before
    yield '{"events":['
    for (let left = limit, first = true; left > 0; first = false) {
      const slice = graph.slice(roomId, below, Math.min(SLICE, left))
      for (const id of slice.missing) missing.add(id)
      const text = slice.events.map((event) => JSON.stringify(eventJson(event))).join(',')
      yield first || text === '' ? text : `,${text}`
      left -= slice.events.length
      below = slice.next
      if (below === undefined) break
      await setImmediate()
    }
    const older = below === undefined ? undefined : `${below.depth}.${below.status}.${below.number}`
    const rest = {
      missing: [...missing],
      ...endsJson(roomId),
      ...(older === undefined ? {} : { older }),
      next,
    }
    yield `],${JSON.stringify(rest).slice(1)}`
  }

  async function news(
    c: Context,
    roomId: RoomId,
    after: string,
    limit: number,
    wait: number,
  ): Promise<Response> {
    const { signal } = c.req.raw
    const deadline = clock.monotonic() + wait
    for (let from = after; ;) {
      const found = changes.since(roomId, from, limit)
      if (found === undefined)
        return c.json({ reset: true, events: [], missing: [], ...endsJson(roomId), next: changes.position() })
      const left = deadline - clock.monotonic()
      if (found.changed || left <= 0 || signal.aborted) {
        const { events, missing } = await read(roomId, found.ids)
        return c.json({ events: events.map(eventJson), missing, ...endsJson(roomId), next: found.position })
      }
      from = found.position
      await changes.next(roomId, signal, left)
    }
  }

  async function read(roomId: RoomId, ids: readonly EventId[]): Promise<GraphSlice> {
    const events: GraphEvent[] = []
    const missing: EventId[] = []
    for (let start = 0; start < ids.length; start += SLICE) {
      const slice = graph.events(roomId, ids.slice(start, start + SLICE))
      events.push(...slice.events)
      missing.push(...slice.missing)
      await setImmediate()
    }
    return { events, missing }
  }

  function endsJson(roomId: RoomId): JsonObject {
    const { ids, total } = graph.extremities(roomId, MAX_EXTREMITIES)
    return { extremities: ids, extremity_count: total }
  }
}

function streamed(parts: AsyncGenerator<string>): Response {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const part = await parts.next()
      if (part.done === true) controller.close()
      else controller.enqueue(encoder.encode(part.value))
    },
    async cancel() {
      await parts.return(undefined)
    },
  })
  return new Response(body, { headers: { 'content-type': 'application/json' } })
}

function eventJson(event: GraphEvent): JsonObject {
  return {
    event_id: event.eventId,
    type: event.type,
    ...(event.stateKey === undefined ? {} : { state_key: event.stateKey }),
    sender: event.sender,
    server: event.server,
    origin_server_ts: event.originServerTs,
    received_ts: event.receivedTs,
    depth: event.depth,
    number: event.number,
    ...(event.streamPosition === undefined ? {} : { stream_position: event.streamPosition }),
    ...(event.timelinePosition === undefined ? {} : { timeline_position: event.timelinePosition }),
    prev_events: [...event.prevEvents],
    auth_events: [...event.authEvents],
    status: event.status,
    ...(event.reason === undefined ? {} : { reason: event.reason }),
    ...(event.redacted ? { redacted: true } : {}),
  }
}
