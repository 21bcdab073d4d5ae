import { z } from 'zod'
import type { JsonObject, Pdu, RoomId, UserId } from '../core/types.ts'
import { LruCache } from '../rooms/lru-cache.ts'
import { badJson, invalidParam } from '../http/errors.ts'
import { jsonObject, validate } from './body.ts'
import type { AccountStore } from './ports.ts'

const ids = z.array(z.string()).max(1000)

const eventFilter = z.looseObject({
  limit: z.number().int().positive().optional(),
  types: ids.optional(),
  not_types: ids.optional(),
  senders: ids.optional(),
  not_senders: ids.optional(),
})

const roomEventFilter = eventFilter.extend({
  rooms: ids.optional(),
  not_rooms: ids.optional(),
  contains_url: z.boolean().optional(),
  lazy_load_members: z.boolean().optional(),
  include_redundant_members: z.boolean().optional(),
  unread_thread_notifications: z.boolean().optional(),
  'org.matrix.msc3773.unread_thread_notifications': z.boolean().optional(),
})

const filterSchema = z.looseObject({
  event_fields: z.array(z.string()).optional(),
  event_format: z.enum(['client', 'federation']).optional(),
  account_data: eventFilter.optional(),
  presence: eventFilter.optional(),
  room: z
    .looseObject({
      rooms: ids.optional(),
      not_rooms: ids.optional(),
      include_leave: z.boolean().optional(),
      account_data: roomEventFilter.optional(),
      ephemeral: roomEventFilter.optional(),
      state: roomEventFilter.optional(),
      timeline: roomEventFilter.optional(),
    })
    .optional(),
})

export type EventFilter = z.infer<typeof eventFilter>
export type RoomEventFilter = z.infer<typeof roomEventFilter>
export type Filter = z.infer<typeof filterSchema>

export const parseFilter = (json: unknown): Filter => validate(filterSchema, json)
export const filterBody = jsonObject

/** Clients that write their filter into the query write the same with each sync. */
const lastFilters = new LruCache<string, Filter>(100)
/** Characters. */
const MAX_REMEMBERED = 4_096

/** The `filter` of `/sync`: an id, or the JSON itself when it starts with a brace. */
export function filterOfQuery(value: string | undefined, user: UserId, accounts: AccountStore): Filter {
  if (value === undefined || value === '') return {}
  if (!value.startsWith('{')) {
    const stored = accounts.filter(user, value)
    if (stored === undefined) throw invalidParam('There is no such filter')
    return parseFilter(stored)
  }
  const known = lastFilters.get(value)
  if (known !== undefined) return known
  const filter = parseFilter(jsonQuery(value))
  if (value.length <= MAX_REMEMBERED) lastFilters.set(value, filter)
  return filter
}

/** The `filter` of `/messages` and its relatives: JSON in the query. */
export function roomFilterOfQuery(value: string | undefined): RoomEventFilter {
  if (value === undefined || value === '') return {}
  return validate(roomEventFilter, jsonQuery(value))
}

/** A room filter inside a body; missing is empty. */
export const validateRoomFilter = (json: unknown): RoomEventFilter =>
  json === undefined || json === null ? {} : validate(roomEventFilter, json)

function jsonQuery(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    throw badJson('`filter` is not JSON')
  }
}

export function passesFilter(filter: EventFilter | undefined, type: string, sender?: string): boolean {
  if (filter === undefined) return true
  if (filter.not_types?.some((pattern) => typeMatches(pattern, type))) return false
  if (filter.types !== undefined && !filter.types.some((pattern) => typeMatches(pattern, type))) return false
  if (sender === undefined) return true
  if (filter.not_senders?.includes(sender)) return false
  return filter.senders === undefined || filter.senders.includes(sender)
}

export function passesRoomFilter(filter: RoomEventFilter | undefined, event: Pdu): boolean {
  if (filter === undefined) return true
  if (!passesFilter(filter, event.type, event.sender) || !passesRooms(filter, event.roomId)) return false
  if (filter.contains_url === undefined) return true
  return (typeof event.content['url'] === 'string') === filter.contains_url
}

export function passesRooms(
  filter: { rooms?: string[] | undefined; not_rooms?: string[] | undefined } | undefined,
  roomId: RoomId,
): boolean {
  if (filter === undefined) return true
  if (filter.not_rooms?.includes(roomId)) return false
  return filter.rooms === undefined || filter.rooms.includes(roomId)
}

/** True when nothing but limit and lazy loading is asked, so that events need not be looked at. */
export const isUnfiltered = (filter: RoomEventFilter | undefined): boolean =>
  filter === undefined ||
  (filter.types === undefined &&
    filter.not_types === undefined &&
    filter.senders === undefined &&
    filter.not_senders === undefined &&
    filter.rooms === undefined &&
    filter.not_rooms === undefined &&
    filter.contains_url === undefined)

/** `*` in a type matches anything. */
function typeMatches(pattern: string, type: string): boolean {
  if (!pattern.includes('*')) return pattern === type
  const parts = pattern.split('*')
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  if (!type.startsWith(first) || type.length < first.length + last.length || !type.endsWith(last))
    return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = type.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= type.length - last.length
}

/** Keeps only `event_fields` (dot-separated paths) of an event. */
export function pickFields(event: JsonObject, fields: readonly string[] | undefined): JsonObject {
  if (fields === undefined) return event
  const out: JsonObject = {}
  for (const field of fields)
    copyPath(
      event,
      out,
      field.split(/(?<!\\)\./).map((p) => p.replaceAll('\\.', '.')),
    )
  return out
}

function copyPath(from: JsonObject, to: JsonObject, path: readonly string[]): void {
  const [head, ...rest] = path
  if (head === undefined || head === '__proto__' || !Object.hasOwn(from, head)) return
  const value = from[head]
  if (value === undefined) return
  if (rest.length === 0) {
    to[head] = value
    return
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  const inner = to[head]
  const target: JsonObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : {}
  copyPath(value, target, rest)
  if (Object.keys(target).length > 0) to[head] = target
}
