import { z } from 'zod'
import { parseRoomId } from '../../core/ids.ts'
import { describe } from '../../http/described.ts'
import { invalidParam, notFound } from '../../http/errors.ts'
import type { RoomReader } from '../../rooms/ports.ts'
import type { InspectorEndpoints } from '../app.ts'
import { filterShape } from '../filter.ts'
import { exportTrace, type CaptureParts } from './export-trace.ts'
import { exportRoom, type ExportParts } from './export-room.ts'

const contentChoice = z
  .enum(['redacted', 'full'])
  .default('redacted')
  .describe('`redacted`: without what people wrote, by the redaction of the room version')

const headersFor = (name: string): Record<string, string> => ({
  'content-type': 'application/x-ndjson',
  'content-disposition': `attachment; filename="${name}"`,
  'cache-control': 'no-store',
})

/** GET rooms/{roomId}/export (`content=redacted|full`): a stream of JSON Lines that `verify` checks offline. */
export function exportEndpoints(
  parts: ExportParts & { readonly rooms: Pick<RoomReader, 'getRoom'> },
): InspectorEndpoints {
  return (app) => {
    describe(app, {
      method: 'get',
      path: '/rooms/:roomId/export',
      summary: 'A room as JSON Lines, whose every signature `verify` checks offline',
      query: z.object({
        content: contentChoice,
      }),
      contentType: 'application/x-ndjson',
    })
    app.get('/rooms/:roomId/export', (c) => {
      const roomId = parseRoomId(c.req.param('roomId'))
      const room = roomId === undefined ? undefined : parts.rooms.getRoom(roomId)
      if (room === undefined) throw notFound('This Hearth does not know that room')
      const content = c.req.query('content') ?? 'redacted'
      if (content !== 'redacted' && content !== 'full') throw invalidParam('content must be redacted or full')
      const name = room.roomId.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 12)
      return c.body(streamOf(exportRoom(parts, room, content)), 200, headersFor(`room-${name}.jsonl`))
    })
  }
}

/** GET trace/export (`content=redacted|full`, filters of the trace): a capture as JSON Lines, for `verify` as well. */
export function captureEndpoints(parts: CaptureParts): InspectorEndpoints {
  const query = z.object({ content: contentChoice, ...filterShape })
  return (app) => {
    describe(app, {
      method: 'get',
      path: '/trace/export',
      summary: 'What this node did, with what was recorded of it, as JSON Lines',
      query,
      contentType: 'application/x-ndjson',
    })
    app.get('/trace/export', (c) => {
      const asked = query.safeParse(c.req.query())
      if (!asked.success) throw invalidParam(asked.error.issues[0]?.message ?? 'The query is wrong')
      const { content, ...filter } = asked.data
      const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ''))
      return c.body(streamOf(exportTrace(parts, given, content)), 200, headersFor('capture.jsonl'))
    })
  }
}

/** A piece is made when there is room for it, and not before. */
function streamOf(pieces: Generator<string> | AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const next = await pieces.next()
      if (next.done === true) controller.close()
      else controller.enqueue(encoder.encode(next.value))
    },
    async cancel() {
      await pieces.return(undefined)
    },
  })
}
