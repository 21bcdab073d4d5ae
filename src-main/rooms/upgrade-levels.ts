import { isObject } from '../core/json.ts'
import { levelEntries, parseLevel } from '../core/power-levels.ts'
import type { RoomVersionRules } from '../core/room-versions.ts'
import type { Json, JsonObject } from '../core/types.ts'

const LEVELS = [
  'ban',
  'kick',
  'redact',
  'invite',
  'users_default',
  'events_default',
  'state_default',
] as const
const MAPS = ['users', 'events', 'notifications'] as const

/**
 * Power levels as a room of another version may have them: up to version 9 they may be strings, from 10 on
 * they are integers; from 12 on the creators have infinite power, and are not listed. `creators` are those
 * of the new room, the one who makes it first; `former` those of the old one, where it has such.
 */
export function levelsForVersion(
  content: JsonObject,
  from: RoomVersionRules,
  to: RoomVersionRules,
  creators: readonly string[],
  former: Iterable<string> = [],
): JsonObject {
  const levels: JsonObject = { ...content }
  for (const key of LEVELS) {
    if (content[key] === undefined) continue
    const level = parseLevel(content[key], from)
    if (level === undefined) delete levels[key]
    else levels[key] = level
  }
  for (const key of MAPS) {
    if (content[key] !== undefined) levels[key] = Object.fromEntries(levelEntries(content[key], from))
  }
  const users = isObject(levels['users']) ? { ...levels['users'] } : {}
  // Who had infinite power in the old room would else have none in the new one.
  if (from.privilegedCreators) for (const creator of former) users[creator] ??= 100
  if (to.privilegedCreators) for (const creator of creators) delete users[creator]
  else if (from.privilegedCreators && creators[0] !== undefined) users[creators[0]] ??= 100
  levels['users'] = users
  return levels
}

/** The highest level that is named anywhere. */
export function highestLevel(content: JsonObject, rules: RoomVersionRules): number {
  const single = LEVELS.map((key) => parseLevel(content[key] as Json | undefined, rules) ?? 0)
  const mapped = MAPS.flatMap((key) => [...levelEntries(content[key], rules).values()])
  return [...single, ...mapped].reduce((highest, level) => Math.max(highest, level), 0)
}
