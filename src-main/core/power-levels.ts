/** Power levels (client-server `m.room.power_levels`; formats on the room versions' pages). */
import { isObject, own, ownString } from './json.ts'
import type { RoomVersionRules } from './room-versions.ts'
import type { Json, JsonObject, Pdu } from './types.ts'

export interface PowerLevels {
  /** Infinity for creators from room version 12 on. */
  userLevel(userId: string): number
  /** The *required power level* to send an event of this type. */
  eventLevel(type: string, isState: boolean): number
  readonly ban: number
  readonly kick: number
  readonly redact: number
  readonly invite: number
  readonly usersDefault: number
  readonly eventsDefault: number
  readonly stateDefault: number
}

/**
 * One level. From version 10 on an integer; before, also a string that is one; and up to version 5 a
 * float, which is truncated. Undefined for anything else.
 */
export function parseLevel(value: Json | undefined, rules: RoomVersionRules): number | undefined {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value
    return rules.strictCanonicalJson || !Number.isFinite(value) ? undefined : Math.trunc(value)
  }
  if (typeof value !== 'string' || rules.integerPowerLevels) return undefined
  if (!/^\s*[+-]?[0-9]+\s*$/.test(value)) return undefined
  const level = Number(value)
  return Number.isFinite(level) ? level : undefined
}

/** Who made the room: one user up to version 11, from version 12 on also the `additional_creators`. */
export function creatorsOf(create: Pdu, rules: RoomVersionRules): Set<string> {
  if (!rules.creatorIsSender) {
    const creator = ownString(create.content, 'creator')
    return new Set(creator === undefined ? [] : [creator])
  }
  const creators = new Set<string>([create.sender])
  const more = rules.privilegedCreators ? own(create.content, 'additional_creators') : undefined
  if (Array.isArray(more)) for (const user of more) if (typeof user === 'string') creators.add(user)
  return creators
}

/**
 * Reads the content of the current `m.room.power_levels` event; undefined where the room has none, and
 * then the creator has 100. What is missing or malformed has its default.
 */
export function powerLevelsOf(
  content: JsonObject | undefined,
  create: Pdu | undefined,
  rules: RoomVersionRules,
): PowerLevels {
  const creators = create === undefined ? new Set<string>() : creatorsOf(create, rules)
  const level = (key: string, fallback: number) => parseLevel(own(content, key), rules) ?? fallback
  const users = own(content, 'users')
  const events = own(content, 'events')
  const usersDefault = level('users_default', 0)
  const eventsDefault = level('events_default', 0)
  const stateDefault = level('state_default', 50)
  return {
    userLevel(userId) {
      if (creators.has(userId)) {
        if (rules.privilegedCreators) return Number.POSITIVE_INFINITY
        if (content === undefined) return 100
      }
      return parseLevel(own(users, userId), rules) ?? usersDefault
    },
    eventLevel: (type, isState) =>
      parseLevel(own(events, type), rules) ?? (isState ? stateDefault : eventsDefault),
    ban: level('ban', 50),
    kick: level('kick', 50),
    redact: level('redact', 50),
    invite: level('invite', 0),
    usersDefault,
    eventsDefault,
    stateDefault,
  }
}

/** The entries of a map of levels whose values are valid; empty where it is not an object. */
export function levelEntries(map: Json | undefined, rules: RoomVersionRules): Map<string, number> {
  const entries = new Map<string, number>()
  if (!isObject(map)) return entries
  for (const [key, value] of Object.entries(map)) {
    const level = parseLevel(value, rules)
    if (level !== undefined) entries.set(key, level)
  }
  return entries
}
