/** Identifiers (spec appendices, "Identifier Grammar"). Parsers answer undefined for what is not one. */
import { isIPv4, isIPv6 } from 'node:net'
import type { EventId, RoomAlias, RoomId, ServerName, UserId } from './types.ts'

export { fingerprintOf, keyNameLabel, keyServerName, publicKeyFromServerName } from './key-names.ts'

/** Every identifier is limited in UTF-8 bytes, its sigil and domain included. */
export const MAX_ID_BYTES = 255

export interface ParsedServerName {
  readonly serverName: ServerName
  /** An IPv6 literal keeps its brackets. */
  readonly host: string
  readonly port: number | undefined
  readonly isIpLiteral: boolean
}

export interface ParsedId<T> {
  readonly id: T
  readonly localpart: string
  readonly serverName: ServerName
}

const serverNamePattern = /^(\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z.-]{1,255})(?::([0-9]{1,5}))?$/
const dottedQuad = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/

/** Section "Server Name". */
export function parseServerName(s: string): ParsedServerName | undefined {
  if (s.length > MAX_ID_BYTES) return undefined
  const match = serverNamePattern.exec(s)
  const host = match?.[1]
  if (match === null || host === undefined) return undefined
  const port = match[2] === undefined ? undefined : Number(match[2])
  if (port !== undefined && port > 65535) return undefined
  const serverName = s as ServerName
  if (host.startsWith('[')) {
    return isIPv6(host.slice(1, -1)) ? { serverName, host, port, isIpLiteral: true } : undefined
  }
  if (dottedQuad.test(host)) {
    return isIPv4(host) ? { serverName, host, port, isIpLiteral: true } : undefined
  }
  return { serverName, host, port, isIpLiteral: false }
}

export function isServerName(s: unknown): s is ServerName {
  return typeof s === 'string' && parseServerName(s) !== undefined
}

export function asServerName(s: string): ServerName | undefined {
  return isServerName(s) ? s : undefined
}

/** What every identifier may be: short enough, sigil first, no NUL, no lone surrogates. */
function isIdentifier(s: unknown, sigil: string): s is string {
  return (
    typeof s === 'string' &&
    s.length > 1 &&
    s.startsWith(sigil) &&
    s.length <= MAX_ID_BYTES &&
    !s.includes('\0') &&
    s.isWellFormed() &&
    Buffer.byteLength(s) <= MAX_ID_BYTES
  )
}

/** The server name may hold a port or an IPv6 literal, so the localpart ends at the first colon. */
function parseDomainId<T extends string>(s: unknown, sigil: string): ParsedId<T> | undefined {
  if (!isIdentifier(s, sigil)) return undefined
  const colon = s.indexOf(':')
  if (colon < 0) return undefined
  const domain = s.slice(colon + 1)
  if (!isServerName(domain)) return undefined
  return { id: s as T, localpart: s.slice(1, colon), serverName: domain }
}

/** Sections "User Identifiers" and "Historical User IDs": everything that events may carry, also an empty localpart. */
export function parseUserId(
  s: unknown,
): { userId: UserId; localpart: string; serverName: ServerName } | undefined {
  const parsed = parseDomainId<UserId>(s, '@')
  return parsed && { userId: parsed.id, localpart: parsed.localpart, serverName: parsed.serverName }
}

export function isUserId(s: unknown): s is UserId {
  return parseDomainId<UserId>(s, '@') !== undefined
}

const strictLocalpart = /^[a-z0-9._=/+-]+$/

/** The grammar for new user ids. */
export function isStrictUserId(s: unknown): s is UserId {
  const parsed = parseDomainId<UserId>(s, '@')
  return parsed !== undefined && strictLocalpart.test(parsed.localpart)
}

/** Section "Room IDs": with a domain (up to room version 11) or without. */
export function parseRoomId(s: unknown): RoomId | undefined {
  if (!isIdentifier(s, '!')) return undefined
  const colon = s.indexOf(':')
  if (colon >= 0 && !isServerName(s.slice(colon + 1))) return undefined
  return s as RoomId
}

/** Section "Room Aliases". */
export function parseRoomAlias(
  s: unknown,
): { alias: RoomAlias; localpart: string; serverName: ServerName } | undefined {
  const parsed = parseDomainId<RoomAlias>(s, '#')
  return parsed && { alias: parsed.id, localpart: parsed.localpart, serverName: parsed.serverName }
}

/** Section "Event IDs": opaque, with or without a domain. */
export function parseEventId(s: unknown): EventId | undefined {
  return isIdentifier(s, '$') ? (s as EventId) : undefined
}

/**
 * The server part: all that follows the first colon, as later colons belong to a port or an IPv6
 * literal. Empty for identifiers without a domain (room ids of version 12, event ids from version 3).
 */
export function serverNameOf(id: UserId | RoomAlias | RoomId | EventId): ServerName {
  const colon = id.indexOf(':')
  return (colon < 0 ? '' : id.slice(colon + 1)) as ServerName
}
