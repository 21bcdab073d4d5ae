/** Stripped state (client-server, "Stripped state"): what someone who is not in a room is told of it. */
import { isObject, own, ownString } from './json.ts'
import type { JsonObject, Pdu } from './types.ts'

/** The types to send with invites and knocks, all with an empty state key. */
export const STRIPPED_STATE_TYPES: readonly string[] = [
  'm.room.create',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.join_rules',
  'm.room.canonical_alias',
  'm.room.encryption',
]

export function strippedEvent(pdu: Pdu): JsonObject {
  return { type: pdu.type, sender: pdu.sender, state_key: pdu.stateKey ?? '', content: pdu.content }
}

/** Prunes what another server sent to the schema, as it may not be passed on as it is; undefined if it is no state event. */
export function pruneStrippedEvent(event: unknown): JsonObject | undefined {
  const type = ownString(event, 'type')
  const sender = ownString(event, 'sender')
  const stateKey = ownString(event, 'state_key')
  const content = own(event, 'content')
  if (type === undefined || sender === undefined || stateKey === undefined || !isObject(content))
    return undefined
  return { type, sender, state_key: stateKey, content }
}
