import { isServerName, parseEventId, parseRoomId } from '../../core/ids.ts'
import { describe } from '../../http/described.ts'
import { invalidParam, notFound } from '../../http/errors.ts'
import type { InspectorEndpoints } from '../app.ts'
import type { InspectedRooms } from '../event/ports.ts'
import { explainRefusal, refusalJson, type NameOf } from './explain.ts'
import { explanationSchema, refusalsSchema, refusedQuery } from './schema.ts'
import type { RefusalReader } from './ports.ts'

const PAGE = 50

export interface RefusedParts {
  readonly rooms: InspectedRooms
  readonly refusals: RefusalReader
  readonly nameOf: NameOf
}

/**
 * GET refused (`room`, `server`, `event`, `before`): events that were refused, soft-failed or not kept, newest
 * first, and what one can filter by. GET refused/{id}: why, with each check made anew.
 */
export function refusedEndpoints({ rooms, refusals, nameOf }: RefusedParts): InspectorEndpoints {
  return (app) => {
    describe(app, {
      method: 'get',
      path: '/refused',
      summary: 'Events that were refused, soft-failed or not kept, newest first',
      query: refusedQuery,
      answer: refusalsSchema,
    })
    app.get('/refused', (c) => {
      const optional = <T>(name: string, parse: (text: string) => T | undefined): T | undefined => {
        const text = c.req.query(name)
        if (text === undefined || text === '') return undefined
        const value = parse(text)
        if (value === undefined) throw invalidParam(`${name} is malformed`)
        return value
      }
      const found = refusals.list({
        roomId: optional('room', parseRoomId),
        server: optional('server', (text) => (isServerName(text) ? text : undefined)),
        eventId: optional('event', parseEventId),
        before: optional('before', parseCursor),
        limit: PAGE + 1,
      })
      const page = found.slice(0, PAGE)
      const last = page.at(-1)
      return c.json({
        refusals: page.map((row) => refusalJson(rooms, row, nameOf)),
        servers: refusals.origins(),
        rooms: refusals.rooms().map((roomId) => ({ room_id: roomId, name: nameOf(roomId) })),
        ...(found.length > PAGE && last !== undefined ? { next: `${last.ts}_${last.id}` } : {}),
      })
    })

    describe(app, {
      method: 'get',
      path: '/refused/:id',
      summary: 'Why an event was refused: the rule, what stood in the way, and each check',
      answer: explanationSchema,
    })
    app.get('/refused/:id', (c) => {
      const id = c.req.param('id')
      if (!/^\d{1,15}$/.test(id)) throw invalidParam('The id of a refusal is a whole number')
      const row = refusals.get(Number(id))
      if (row === undefined) throw notFound('That was so long ago that nothing is known of it any more')
      return c.json(explainRefusal(rooms, row, nameOf))
    })
  }
}

function parseCursor(text: string): { ts: number; id: number } | undefined {
  const match = /^(\d{1,15})_(\d{1,15})$/.exec(text)
  return match === null ? undefined : { ts: Number(match[1]), id: Number(match[2]) }
}
