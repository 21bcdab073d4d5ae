import { z } from 'zod'
import { parseRoomId } from '../../core/ids.ts'
import { describe } from '../../http/described.ts'
import { invalidParam, notFound } from '../../http/errors.ts'
import type { RoomReader } from '../../rooms/ports.ts'
import type { InspectorEndpoints } from '../app.ts'
import { exportRoom, type ExportParts } from './export-room.ts'

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
        content: z
          .enum(['redacted', 'full'])
          .default('redacted')
          .describe('`redacted`: without what people wrote, by the redaction of the room version'),
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
      return c.body(streamOf(exportRoom(parts, room, content)), 200, {
        'content-type': 'application/x-ndjson',
        'content-disposition': `attachment; filename="room-${name}.jsonl"`,
        'cache-control': 'no-store',
      })
    })
  }
}

/** A piece is made when there is room for it, and not before. */
function streamOf(pieces: Generator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    pull(controller) {
      const next = pieces.next()
      if (next.done === true) controller.close()
      else controller.enqueue(encoder.encode(next.value))
    },
    cancel() {
      pieces.return(undefined)
    },
  })
}
