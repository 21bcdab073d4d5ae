import type { JsonObject } from '../core/types.ts'
import { readBody } from './body.ts'
import { bundlingFormatter, isWorldReadable, type Ctx, type Register } from './context.ts'
import type { Session } from './ports.ts'
import { contextOf } from './search/context-of.ts'
import { find, type Hit } from './search/find.ts'
import { queryOf, searchBody, type Criteria } from './search/query.ts'
import { highlightsOf } from './search/words.ts'

/**
 * POST /search (Client-Server API, "Server Side Search") over what the full-text index has: messages with
 * their latest edit, names of files, polls, names and topics of rooms. Every word typed must occur, also
 * as the beginning of a word. Encrypted events cannot be searched. The filter may have
 * `dev.hearth.from_ts` and `dev.hearth.to_ts`, milliseconds since the epoch, inclusive.
 */
export const registerSearch: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/search', async (c) => {
    const session = ctx.session(c)
    const criteria = (await readBody(c, searchBody)).search_categories.room_events
    if (criteria === undefined) return c.json({ search_categories: {} })
    const query = queryOf(ctx, session, criteria)
    const { hits, next, count } = find(ctx, query, c.req.query('next_batch'))

    const formatter = bundlingFormatter(ctx, session)
    const results = hits.map(({ event, rank }): JsonObject => ({
      rank,
      result: formatter.format(event),
      ...(criteria.event_context === undefined
        ? {}
        : { context: contextOf(ctx, session, event, criteria.event_context) }),
    }))
    const highlights = highlightsOf(
      query.term,
      hits.map((hit) => hit.text),
    )
    const answer: JsonObject = {
      results,
      count: next === undefined && c.req.query('next_batch') === undefined ? hits.length : count,
      highlights,
      ...(next === undefined ? {} : { next_batch: next }),
      ...(criteria.include_state === true ? { state: stateOf(ctx, session, hits) } : {}),
      ...groupsOf(criteria, hits),
    }
    return c.json({ search_categories: { room_events: answer } })
  })
}

/** Current state of the rooms with hits, for who is in them. */
function stateOf(ctx: Ctx, session: Session, hits: readonly Hit[]): JsonObject {
  const formatter = bundlingFormatter(ctx, session)
  const state: JsonObject = {}
  for (const roomId of new Set(hits.map((hit) => hit.event.pdu.roomId))) {
    const isIn = ctx.reader.localMembership(session.userId, roomId)?.membership === 'join'
    if (!isIn && !isWorldReadable(ctx, roomId)) continue
    state[roomId] = formatter.formatAll(
      ctx.reader.getEvents([...ctx.reader.currentStateMap(roomId).values()]),
    )
  }
  return state
}

function groupsOf(criteria: Criteria, hits: readonly Hit[]): JsonObject {
  const keys = criteria.groupings?.group_by ?? []
  if (keys.length === 0) return {}
  const groups: JsonObject = {}
  for (const { key } of keys) {
    const results = new Map<string, string[]>()
    for (const { event } of hits) {
      const value = key === 'room_id' ? event.pdu.roomId : event.pdu.sender
      results.set(value, [...(results.get(value) ?? []), event.pdu.eventId])
    }
    groups[key] = Object.fromEntries(
      [...results].map(([value, ids], order) => [value, { order, results: ids }]),
    )
  }
  return { groups }
}
