import type { EventId, RoomAlias, RoomId, ServerName, UserId } from '../core/types.ts'
import { invalidParam } from '../http/errors.ts'

const MAX_ID_BYTES = 255

/**
 * Identifiers as clients send them, checked and branded (appendices, "Common Identifier Format").
 * Each throws M_INVALID_PARAM naming the parameter.
 */
export function userIdOf(value: string, name = 'user_id'): UserId {
  if (!shaped(value, '@')) throw invalidParam(`${name} is not a user id`)
  return value as UserId
}

/** Version 12 room ids have no server part. */
export function roomIdOf(value: string, name = 'room_id'): RoomId {
  if (!value.startsWith('!') || value.length < 2 || tooLong(value)) {
    throw invalidParam(`${name} is not a room id`)
  }
  return value as RoomId
}

export function aliasOf(value: string, name = 'room_alias'): RoomAlias {
  if (!shaped(value, '#')) throw invalidParam(`${name} is not a room alias`)
  return value as RoomAlias
}

export function eventIdOf(value: string, name = 'event_id'): EventId {
  if (!value.startsWith('$') || value.length < 2 || tooLong(value)) {
    throw invalidParam(`${name} is not an event id`)
  }
  return value as EventId
}

export function serverNameOf(value: string, name = 'server_name'): ServerName {
  if (!serverName.test(value)) throw invalidParam(`${name} is not a server name`)
  return value as ServerName
}

/** The server part starts after the FIRST colon: server names may hold more (`host:port`, IPv6). */
export const serverOf = (id: UserId | RoomAlias): ServerName => id.slice(id.indexOf(':') + 1) as ServerName
export const localpartOf = (id: UserId | RoomAlias): string => id.slice(1, id.indexOf(':'))

/** What a new account's localpart may be made of (appendices, "User Identifiers"). */
export const localpart = /^[a-z0-9._=\-/+]+$/

const serverName = /^(\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z.-]{1,255})(:[0-9]{1,5})?$/

const tooLong = (value: string): boolean =>
  value.length > MAX_ID_BYTES || Buffer.byteLength(value) > MAX_ID_BYTES || value.includes('\0')

function shaped(value: string, sigil: string): boolean {
  const colon = value.indexOf(':')
  return value.startsWith(sigil) && colon > 0 && !tooLong(value) && serverName.test(value.slice(colon + 1))
}
