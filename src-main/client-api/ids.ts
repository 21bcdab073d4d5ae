import {
  asServerName,
  parseEventId,
  parseRoomAlias,
  parseRoomId,
  parseUserId,
  serverNameOf,
} from '../core/ids.ts'
import type { EventId, RoomAlias, RoomId, ServerName, UserId } from '../core/types.ts'
import { invalidParam } from '../http/errors.ts'

/**
 * Identifiers as clients send them, checked and branded (appendices, "Common Identifier Format").
 * Each throws M_INVALID_PARAM naming the parameter.
 */
export const userIdOf = (value: string, name = 'user_id'): UserId =>
  parseUserId(value)?.userId ?? refuse(`${name} is not a user id`)
export const roomIdOf = (value: string, name = 'room_id'): RoomId =>
  parseRoomId(value) ?? refuse(`${name} is not a room id`)
export const aliasOf = (value: string, name = 'room_alias'): RoomAlias =>
  parseRoomAlias(value)?.alias ?? refuse(`${name} is not a room alias`)
export const eventIdOf = (value: string, name = 'event_id'): EventId =>
  parseEventId(value) ?? refuse(`${name} is not an event id`)
export const asServer = (value: string, name = 'server_name'): ServerName =>
  asServerName(value) ?? refuse(`${name} is not a server name`)

/** What a new account's localpart may be made of (appendices, "User Identifiers"). */
export const localpart = /^[a-z0-9._=\-/+]+$/

export const localpartOf = (id: UserId | RoomAlias): string => id.slice(1, id.indexOf(':'))
export { serverNameOf as serverOf }

function refuse(message: string): never {
  throw invalidParam(message)
}
