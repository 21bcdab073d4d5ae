import { isRestrictedJoinRule, joinRuleOf, restrictedAllowRooms } from '../../core/membership.ts'
import { own, ownString } from '../../core/json.ts'
import { roomVersionRules } from '../../core/room-versions.ts'
import type { JsonObject, RoomId } from '../../core/types.ts'
import type { RoomReader } from '../ports.ts'
import type { RoomSummary } from './api.ts'

/** A room that this server knows, as of its current state. */
export function summarise(store: RoomReader, roomId: RoomId): RoomSummary {
  const content = (type: string): JsonObject | undefined =>
    store.currentStateEvent(roomId, type, '')?.pdu.content
  const field = (type: string, key: string): string | undefined => {
    const value = ownString(content(type), key)
    return value === '' ? undefined : value
  }
  const joinRules = content('m.room.join_rules')
  const version = store.getRoom(roomId)?.version
  const summary: RoomSummary = {
    room_id: roomId,
    num_joined_members: store.joinedCount(roomId),
    world_readable: field('m.room.history_visibility', 'history_visibility') === 'world_readable',
    guest_can_join: field('m.room.guest_access', 'guest_access') === 'can_join',
    join_rule: joinRuleOf(joinRules),
  }
  const optional = {
    name: field('m.room.name', 'name'),
    topic: plainTopic(content('m.room.topic')),
    canonical_alias: field('m.room.canonical_alias', 'alias'),
    avatar_url: field('m.room.avatar', 'url'),
    room_type: field('m.room.create', 'type'),
    encryption: field('m.room.encryption', 'algorithm'),
    room_version: version,
  }
  for (const [key, value] of Object.entries(optional)) if (value !== undefined) summary[key as 'name'] = value
  if (version !== undefined && isRestrictedJoinRule(summary.join_rule, roomVersionRules(version))) {
    summary.allowed_room_ids = restrictedAllowRooms(joinRules)
  }
  return summary
}

/** The text/plain form of `m.topic`; where there is none of that block, `topic` (client-server `m.room.topic`). */
export function plainTopic(content: JsonObject | undefined): string | undefined {
  const forms = own(own(content, 'm.topic'), 'm.text')
  const plain = (Array.isArray(forms) ? forms : []).find(
    (form) => (ownString(form, 'mimetype') ?? 'text/plain') === 'text/plain',
  )
  const topic = ownString(plain, 'body') ?? ownString(content, 'topic')
  return topic === '' ? undefined : topic
}
