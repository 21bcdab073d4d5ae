import type { z } from 'zod'
import { parseRoomId } from '../../core/ids.ts'
import type { EventId, RoomId } from '../../core/types.ts'
import { describe, endpoint } from '../../http/described.ts'
import { invalidParam, notFound } from '../../http/errors.ts'
import { jsonInSlices } from '../../http/json-in-slices.ts'
import type { Clock } from '../../trace/clock.ts'
import { breathe, inTurns } from '../../trace/turns.ts'
import type { InspectorEndpoints } from '../app.ts'
import type { GraphChanges, GraphCursor, GraphEvent, GraphRoom, GraphSlice, RoomGraph } from './ports.ts'
import { cursorOf, eventJson, graphQuery, graphRoomsSchema, graphSchema } from './schema.ts'

/** Events that are read and written at once: a few milliseconds. */
const SLICE = 50
/** A room that is flooded from many ends has more than anybody can look at. */
const MAX_EXTREMITIES = 1_000

export interface GraphParts {
  readonly graph: RoomGraph
  readonly changes: GraphChanges
  /** The name that the room's state gives it. */
  readonly nameOf: (roomId: RoomId) => string | undefined
  readonly clock: Clock
}

type RoomJson = z.infer<typeof graphRoomsSchema>['rooms'][number]
type GraphJson = z.infer<typeof graphSchema>

/**
 * The event graphs of the rooms that this node knows: `GET rooms`, and `GET rooms/{roomId}/graph`, by pages from
 * the newest down or, with `after`, live by long polling.
 */
export function graphEndpoints({ graph, changes, nameOf, clock }: GraphParts): InspectorEndpoints {
  return (app) => {
    endpoint(
      app,
      {
        method: 'get',
        path: '/rooms',
        summary: 'The rooms that this node knows, with what is special about their event graphs',
        answer: graphRoomsSchema,
      },
      async () => {
        const rooms: RoomJson[] = []
        for (const room of graph.rooms()) {
          rooms.push(await roomJson(room))
          await breathe()
        }
        return { rooms }
      },
    )

    const path = '/rooms/:roomId/graph'
    describe(app, {
      method: 'get',
      path,
      summary: 'Events of a room as a graph: a page of the newest, or with `after` what is new',
      query: graphQuery,
      answer: graphSchema,
    })
    app.get(path, async (c) => {
      const roomId = parseRoomId(c.req.param('roomId'))
      if (roomId === undefined) throw invalidParam('room_id is not a room id')
      const asked = graphQuery.safeParse(c.req.query())
      if (!asked.success) {
        throw invalidParam(`${asked.error.issues[0]?.path.join('.') ?? 'A parameter'} has the wrong form`)
      }
      if (!graph.has(roomId)) throw notFound('This node does not know that room')
      const { before, after, limit, wait } = asked.data
      if (after !== undefined)
        return await jsonInSlices(await news(roomId, after, limit, wait, c.req.raw.signal))
      return streamed(page(roomId, before === undefined ? undefined : cursorOf(before), limit))
    })
  }

  async function roomJson(room: GraphRoom): Promise<RoomJson> {
    const counts = await inTurns(graph.counts(room.roomId))
    const name = room.participating ? nameOf(room.roomId) : undefined
    return {
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
    }
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
      await breathe()
    }
    const older = below === undefined ? undefined : `${below.depth}.${below.status}.${below.number}`
    const rest: Omit<GraphJson, 'events'> = {
      missing: [...missing],
      ...endsOf(roomId),
      ...(older === undefined ? {} : { older }),
      next,
    }
    yield `],${JSON.stringify(rest).slice(1)}`
  }

  async function news(
    roomId: RoomId,
    after: string,
    limit: number,
    wait: number,
    signal: AbortSignal,
  ): Promise<GraphJson> {
    const deadline = clock.monotonic() + wait
    for (let from = after; ;) {
      const found = changes.since(roomId, from, limit)
      if (found === undefined) {
        return { reset: true, events: [], missing: [], ...endsOf(roomId), next: changes.position() }
      }
      const left = deadline - clock.monotonic()
      if (found.changed || left <= 0 || signal.aborted) {
        const { events, missing } = await read(roomId, found.ids)
        return {
          events: events.map(eventJson),
          missing: [...missing],
          ...endsOf(roomId),
          next: found.position,
        }
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
      await breathe()
    }
    return { events, missing }
  }

  function endsOf(roomId: RoomId): Pick<GraphJson, 'extremities' | 'extremity_count'> {
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
