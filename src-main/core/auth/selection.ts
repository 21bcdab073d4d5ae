import { own, ownString } from '../json.ts'
import type { RoomVersionRules } from '../room-versions.ts'
import { stateKeyOf, type JsonObject, type StateMapKey } from '../types.ts'

/** The part of an event, or of a draft of one, that decides which state authorises it. */
export interface AuthSelectionInput {
  readonly type: string
  readonly stateKey?: string | undefined
  readonly sender: string
  readonly content: JsonObject
}

/** Server-server, "Auth events selection": the state entries to put into `auth_events`, where they exist. */
export function authStateKeysFor(event: AuthSelectionInput, rules: RoomVersionRules): StateMapKey[] {
  if (event.type === 'm.room.create') return []
  const keys = new Set<StateMapKey>()
  if (!rules.roomIdIsCreateHash) keys.add(stateKeyOf('m.room.create', ''))
  keys.add(stateKeyOf('m.room.power_levels', ''))
  keys.add(stateKeyOf('m.room.member', event.sender))
  if (event.type === 'm.room.member') addForMember(keys, event, rules)
  return [...keys]
}

function addForMember(keys: Set<StateMapKey>, event: AuthSelectionInput, rules: RoomVersionRules): void {
  const membership = ownString(event.content, 'membership')
  if (event.stateKey !== undefined) keys.add(stateKeyOf('m.room.member', event.stateKey))
  if (membership === 'join' || membership === 'invite' || membership === 'knock') {
    keys.add(stateKeyOf('m.room.join_rules', ''))
  }
  if (membership === 'invite') {
    const token = ownString(own(own(event.content, 'third_party_invite'), 'signed'), 'token')
    if (token !== undefined) keys.add(stateKeyOf('m.room.third_party_invite', token))
  }
  if (membership === 'join' && rules.restrictedJoin) {
    const user = ownString(event.content, 'join_authorised_via_users_server')
    if (user !== undefined) keys.add(stateKeyOf('m.room.member', user))
  }
}
