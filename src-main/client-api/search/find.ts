import { invalidParam } from '../../http/errors.ts'
import type { StoredEvent } from '../../rooms/ports.ts'
import type { TextHit, TextQuery } from '../../rooms/query-ports.ts'
import type { Ctx } from '../context.ts'
import { passesRoomFilter } from '../filter.ts'
import type { Query } from './query.ts'
import { closeness } from './words.ts'

export interface Hit {
  readonly event: StoredEvent
  readonly text: string
  readonly rank: number
}

export interface Found {
  readonly hits: readonly Hit[]
  /** Token of the next page. */
  readonly next: string | undefined
  readonly count: number
}

/** Hits are counted up to this many. */
const MAX_COUNT = 1_000
/** Pages of hits that the user may not see; then the client asks again. */
const MAX_ROUNDS = 20
/** The newest hits, among which the closest come first. */
const MAX_RANKED = 200

/** What matches and the user may see. Throws M_INVALID_PARAM for a token that is none. */
export function find(ctx: Ctx, query: Query, token: string | undefined): Found {
  if (query.keys.length === 0 || query.rooms.length === 0) return { hits: [], next: undefined, count: 0 }
  const found = query.order === 'recent' ? recent(ctx, query, token) : ranked(ctx, query, token)
  return { ...found, count: ctx.reader.countText(query, MAX_COUNT) }
}

function recent(ctx: Ctx, query: Query, token: string | undefined): Omit<Found, 'count'> {
  const from = numberIn(token, 'r')
  const { hits, next } = walk(ctx, query, from, query.limit)
  return { hits, next: next === undefined ? undefined : `r${next}` }
}

function ranked(ctx: Ctx, query: Query, token: string | undefined): Omit<Found, 'count'> {
  const offset = numberIn(token, 'k') ?? 0
  const { hits } = walk(ctx, query, undefined, MAX_RANKED)
  const sorted = hits.toSorted((a, b) => b.rank - a.rank)
  const end = offset + query.limit
  return { hits: sorted.slice(offset, end), next: end < sorted.length ? `k${end}` : undefined }
}

/** Newest first, below a place, until `limit` are found. */
function walk(
  ctx: Ctx,
  query: Query,
  from: number | undefined,
  limit: number,
): { hits: Hit[]; next: number | undefined } {
  const hits: Hit[] = []
  let below = from
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const text: TextQuery = { ...query, below }
    const page = ctx.reader.searchText(text, limit + 1)
    for (const hit of page) {
      if (hits.length === limit) return { hits, next: below }
      below = hit.place
      const event = visible(ctx, query, hit)
      if (event !== undefined) hits.push({ event, text: hit.text, rank: closeness(query.term, hit.text) })
    }
    if (page.length <= limit) return { hits, next: undefined }
  }
  return { hits, next: below }
}

function visible(ctx: Ctx, query: Query, hit: TextHit): StoredEvent | undefined {
  const event = ctx.reader.getEvent(hit.eventId)
  if (event === undefined || event.redactedBy !== undefined || query.ignored.has(event.pdu.sender))
    return undefined
  if (!passesRoomFilter(query.filter, event.pdu)) return undefined
  return ctx.rooms.canUserSee(query.session.userId, event) ? event : undefined
}

function numberIn(token: string | undefined, kind: 'r' | 'k'): number | undefined {
  if (token === undefined || token === '') return undefined
  const value = new RegExp(`^${kind}(\\d{1,16})$`).exec(token)?.[1]
  if (value === undefined) throw invalidParam('next_batch was not made by this server for this search')
  return Number(value)
}
