import { isServerName } from './ids.ts'
import { own, ownString } from './json.ts'
import { roomVersionRules } from './room-versions.ts'
import { POLICY_KEY_ID, verifyPduSignature } from './signatures.ts'
import type { JsonObject, Pdu, ServerName } from './types.ts'

/** The server that recommends events for a room, and the key with which it does. */
export interface RoomPolicy {
  readonly server: ServerName
  /** Unpadded base64, Ed25519. */
  readonly publicKey: string
}

/** The content of a room's `m.room.policy`; undefined where it is not valid, which is as if there were none. */
export function readPolicy(content: JsonObject | undefined): RoomPolicy | undefined {
  const server = ownString(content, 'via')
  const publicKey = ownString(own(content, 'public_keys'), 'ed25519')
  if (server === undefined || publicKey === undefined || !isServerName(server)) return undefined
  return { server: server as ServerName, publicKey }
}

/** Of the event that sets the policy server alone it is not asked, so that it can be set while it is away. */
export function needsRecommendation(event: { type: string; stateKey?: string | undefined }): boolean {
  return event.type !== 'm.room.policy' || event.stateKey !== ''
}

/** Server-server "Validating Policy Server signatures", for one event. */
export function isRecommendedBy(policy: RoomPolicy, pdu: Pdu): boolean {
  if (!needsRecommendation(pdu)) return true
  const rules = roomVersionRules(pdu.roomVersion)
  return verifyPduSignature(pdu.json, rules, policy.server, POLICY_KEY_ID, policy.publicKey)
}
