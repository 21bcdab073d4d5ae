import { isUserId, serverNameOf } from '../ids.ts'
import { own } from '../json.ts'
import { isRoomVersion, type RoomVersionRules } from '../room-versions.ts'
import type { Decision, Json, Pdu } from '../types.ts'
import { accept, reject } from './context.ts'

/** Rule 1, in every version. */
export function checkCreate(pdu: Pdu, rules: RoomVersionRules): Decision {
  // 1.1
  if (pdu.prevEvents.length > 0) return reject(rules, '1.1', 'a create event has no prev events')
  // 1.2
  if (rules.roomIdIsCreateHash) {
    if (own(pdu.json, 'room_id') !== undefined) return reject(rules, '1.2', 'a create event has no room id')
  } else if (serverNameOf(pdu.roomId) !== serverNameOf(pdu.sender)) {
    return reject(rules, '1.2', 'the room id is not of the sender’s server')
  }
  // 1.3
  const version = own(pdu.content, 'room_version')
  if (version !== undefined && !isRoomVersion(version)) return reject(rules, '1.3', 'unknown room version')
  // 1.4, up to v10
  if (!rules.creatorIsSender && own(pdu.content, 'creator') === undefined) {
    return reject(rules, '1.4', 'content has no creator')
  }
  // 1.4, from v12 on
  if (rules.privilegedCreators && !areCreators(own(pdu.content, 'additional_creators'))) {
    return reject(rules, '1.4', 'additional_creators is not a list of user ids')
  }
  // 1.5
  return accept
}

function areCreators(value: Json | undefined): boolean {
  return value === undefined || (Array.isArray(value) && value.every(isUserId))
}
