import { isObject, own, pick } from './json.ts'
import { roomVersionRules, type RoomVersionRules } from './room-versions.ts'
import type { JsonObject, Pdu, PduJson } from './types.ts'

const keptKeys = [
  'event_id',
  'type',
  'room_id',
  'sender',
  'state_key',
  'content',
  'hashes',
  'signatures',
  'depth',
  'prev_events',
  'auth_events',
  'origin_server_ts',
]
const keptKeysBeforeV11 = [...keptKeys, 'prev_state', 'origin', 'membership']

const keptLevels = [
  'ban',
  'events',
  'events_default',
  'kick',
  'redact',
  'state_default',
  'users',
  'users_default',
]

/**
 * The redaction algorithm ("Redactions" on each room version's page). The result shares nested values
 * with `json`; neither is ever mutated.
 */
export function redactJson(json: PduJson, rules: RoomVersionRules): PduJson {
  const redacted = pick(json, rules.updatedRedaction ? keptKeys : keptKeysBeforeV11)
  const content = own(json, 'content')
  redacted['content'] = isObject(content) ? redactContent(own(json, 'type'), content, rules) : {}
  return redacted
}

function redactContent(type: unknown, content: JsonObject, rules: RoomVersionRules): JsonObject {
  switch (type) {
    case 'm.room.member':
      return redactMember(content, rules)
    case 'm.room.create':
      return rules.updatedRedaction ? content : pick(content, ['creator'])
    case 'm.room.join_rules':
      return pick(content, rules.restrictedJoin ? ['join_rule', 'allow'] : ['join_rule'])
    case 'm.room.power_levels':
      return pick(content, rules.updatedRedaction ? [...keptLevels, 'invite'] : keptLevels)
    case 'm.room.history_visibility':
      return pick(content, ['history_visibility'])
    case 'm.room.aliases':
      return rules.specialAliases ? pick(content, ['aliases']) : {}
    case 'm.room.redaction':
      return rules.redactsInContent ? pick(content, ['redacts']) : {}
    default:
      return {}
  }
}

function redactMember(content: JsonObject, rules: RoomVersionRules): JsonObject {
  const kept = pick(
    content,
    rules.redactionKeepsAuthorisingUser ? ['membership', 'join_authorised_via_users_server'] : ['membership'],
  )
  const invite = own(content, 'third_party_invite')
  if (rules.updatedRedaction && isObject(invite)) kept['third_party_invite'] = pick(invite, ['signed'])
  return kept
}

/** The PDU with its content taken; its id, signatures and place in the room stay what they were. */
export function redactPdu(pdu: Pdu): Pdu {
  const rules = roomVersionRules(pdu.roomVersion)
  const json = redactJson(pdu.json, rules)
  const content = json['content']
  return {
    ...pdu,
    content: isObject(content) ? content : {},
    redacts: rules.redactsInContent ? pdu.redacts : undefined,
    json,
  }
}
