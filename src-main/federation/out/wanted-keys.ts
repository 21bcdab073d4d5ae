import { roomVersionRules } from '../../core/room-versions.ts'
import { requiredSigners, signatureKeyIds } from '../../core/signatures.ts'
import type { KeyId, Pdu, ServerName } from '../../core/types.ts'

/** Of one server, on one event: more are nothing but work. */
export const MAX_SIGNATURES_TRIED = 8
/** Keys of one server that are asked for at once. */
export const MAX_WANTED = 50
/** Servers whose keys witnesses are asked for, at once. */
const MAX_LACKING = 60

/** When the keys of its signatures must have been valid; undefined: whenever (versions 1 to 4). */
export function validAt(pdu: Pdu): number | undefined {
  return roomVersionRules(pdu.roomVersion).enforceKeyValidity ? pdu.originServerTs : undefined
}

/** What the signatures of these events want, of servers that were asked for their keys in vain. */
export function lackingKeys(
  pdus: readonly Pdu[],
  known: {
    readonly isAway: (server: ServerName) => boolean
    readonly has: (server: ServerName, keyId: KeyId, ts: number | undefined) => boolean
  },
): Map<ServerName, Map<KeyId, number>> {
  const lacking = new Map<ServerName, Map<KeyId, number>>()
  for (const pdu of pdus) {
    const ts = validAt(pdu)
    for (const server of requiredSigners(pdu, roomVersionRules(pdu.roomVersion))) {
      if (!known.isAway(server)) continue
      if (!lacking.has(server) && lacking.size >= MAX_LACKING) continue
      const keys = lacking.get(server) ?? new Map<KeyId, number>()
      for (const keyId of signatureKeyIds(pdu.json, server).slice(0, MAX_SIGNATURES_TRIED)) {
        if (known.has(server, keyId, ts)) continue
        if (keys.size < MAX_WANTED) keys.set(keyId, Math.max(keys.get(keyId) ?? 0, ts ?? 0))
      }
      if (keys.size > 0) lacking.set(server, keys)
    }
  }
  return lacking
}
