import { own, ownString } from '../../core/json.ts'
import { parseRoomAlias, parseRoomId } from '../../core/ids.ts'
import type { JsonObject } from '../../core/types.ts'
import type { RoomSummary } from './api.ts'

const MAX_NAME = 255
const MAX_TOPIC = 1_000
const MAX_ALLOWED_ROOMS = 50

/**
 * What another server says of a room, cut down to what a summary may be: a stranger's answer goes to
 * people's screens, and is kept for a while. Undefined where it does not even name a room.
 */
export function readSummary(json: JsonObject): RoomSummary | undefined {
  const roomId = parseRoomId(own(json, 'room_id'))
  if (roomId === undefined) return undefined
  const count = own(json, 'num_joined_members')
  const summary: RoomSummary = {
    room_id: roomId,
    num_joined_members: typeof count === 'number' && Number.isSafeInteger(count) ? Math.max(0, count) : 0,
    world_readable: own(json, 'world_readable') === true,
    guest_can_join: own(json, 'guest_can_join') === true,
    // "When not present, the room is assumed to be public."
    join_rule: text(json, 'join_rule', MAX_NAME) ?? 'public',
  }
  const alias = parseRoomAlias(own(json, 'canonical_alias'))?.alias
  const avatar = text(json, 'avatar_url', MAX_NAME)
  const optional = {
    name: text(json, 'name', MAX_NAME),
    topic: text(json, 'topic', MAX_TOPIC),
    canonical_alias: alias,
    avatar_url: avatar?.startsWith('mxc://') === true ? avatar : undefined,
    room_type: text(json, 'room_type', MAX_NAME),
    // The second names are those from before they were in the specification.
    encryption: text(json, 'encryption', MAX_NAME) ?? text(json, 'im.nheko.summary.encryption', MAX_NAME),
    room_version: text(json, 'room_version', 32) ?? text(json, 'im.nheko.summary.room_version', 32),
  }
  for (const [key, value] of Object.entries(optional)) if (value !== undefined) summary[key as 'name'] = value
  const allowed = own(json, 'allowed_room_ids')
  if (Array.isArray(allowed)) {
    summary.allowed_room_ids = allowed.slice(0, MAX_ALLOWED_ROOMS).flatMap((id) => parseRoomId(id) ?? [])
  }
  return summary
}

function text(json: JsonObject, key: string, max: number): string | undefined {
  const value = ownString(json, key)
  return value === undefined || value === '' ? undefined : value.slice(0, max)
}
