import type { Context } from 'hono'
import { z } from 'zod'
import { parseEventId, serverNameOf } from '../../core/ids.ts'
import type { JsonObject } from '../../core/types.ts'
import { describe } from '../../http/described.ts'
import { invalidParam, notFound } from '../../http/errors.ts'
import type { StoredEvent } from '../../rooms/ports.ts'
import type { InspectorEndpoints } from '../app.ts'
import { canonicalOf, hashesJson, signaturesJson } from './checks.ts'
import type { InspectedRooms } from './ports.ts'
import { eventSchema, stateSchema } from './schema.ts'
import { statePage, stateSummary } from './state.ts'
import { referenceJson, verdictsOf } from './verdicts.ts'

const STATE_PAGE = 500
/** What follows on an event may be any number of others. */
const MAX_NEXT = 50

/**
 * GET events/{eventId}: all that this node knows of an event, and each check made anew. GET
 * events/{eventId}/state?at=before|after (`from`): the state of the room there, a page at a time.
 */
export function eventEndpoints(rooms: InspectedRooms): InspectorEndpoints {
  const asked = (c: Context): StoredEvent => {
    const id = parseEventId(c.req.param('eventId'))
    if (id === undefined) throw invalidParam('That is not the id of an event')
    const event = rooms.getEvent(id)
    if (event === undefined) throw notFound('This Hearth does not have that event')
    return event
  }
  return (app) => {
    describe(app, {
      method: 'get',
      path: '/events/:eventId',
      summary: 'All that this node knows of an event, with each check made anew',
      answer: eventSchema,
    })
    app.get('/events/:eventId', (c) => c.json(describeEvent(rooms, asked(c))))

    describe(app, {
      method: 'get',
      path: '/events/:eventId/state',
      summary: 'The state of the room before or after an event, a page at a time',
      query: z.object({
        at: z.enum(['before', 'after']).default('before'),
        from: z.string().optional().describe('`next` of the page before'),
      }),
      answer: stateSchema,
    })
    app.get('/events/:eventId/state', (c) => {
      const event = asked(c)
      const at = c.req.query('at') ?? 'before'
      if (at !== 'before' && at !== 'after') throw invalidParam('at must be before or after')
      const group = at === 'before' ? event.stateBefore : event.stateAfter
      if (group === undefined) throw notFound('The state of the room at that event is not known here')
      const from = c.req.query('from') ?? '0'
      if (!/^\d{1,9}$/.test(from)) throw invalidParam('from must be a whole number')
      return c.json(statePage(rooms.stateMap(group), Number(from), STATE_PAGE))
    })
  }
}

export function describeEvent(rooms: InspectedRooms, event: StoredEvent): JsonObject {
  const { pdu } = event
  const state = stateSummary(rooms, event)
  return {
    event_id: pdu.eventId,
    room_id: pdu.roomId,
    room_version: pdu.roomVersion,
    type: pdu.type,
    ...(pdu.stateKey === undefined ? {} : { state_key: pdu.stateKey }),
    sender: pdu.sender,
    server: serverNameOf(pdu.sender),
    depth: pdu.depth,
    origin_server_ts: pdu.originServerTs,
    status: event.status,
    ...(event.reason === undefined ? {} : { reason: event.reason }),
    ...(event.redactedBy === undefined ? {} : { redacted_by: event.redactedBy }),
    received_ts: event.receivedTs,
    ...(event.receivedFrom === undefined ? {} : { received_from: event.receivedFrom }),
    ...(event.streamPos === undefined ? {} : { stream_pos: event.streamPos }),
    shown: event.timelinePos !== undefined,
    forward_extremity: rooms.forwardExtremities(pdu.roomId).some(({ eventId }) => eventId === pdu.eventId),
    json: pdu.json,
    ...canonicalOf(pdu),
    hashes: hashesJson(pdu),
    ...signaturesJson(rooms, pdu),
    auth_events: pdu.authEvents.map((id) => referenceJson(rooms, id)),
    prev_events: pdu.prevEvents.map((id) => referenceJson(rooms, id)),
    next_events: rooms
      .childrenOf(pdu.roomId, pdu.eventId)
      .slice(0, MAX_NEXT)
      .map((id) => referenceJson(rooms, id)),
    ...(state === undefined ? {} : { state }),
    verdicts: verdictsOf(rooms, event),
  }
}
