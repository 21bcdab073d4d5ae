/** Which signatures an event has, and what each is worth: for whoever shows it, and for checks offline. */
import { own, isObject } from './json.ts'
import type { RoomVersionRules } from './room-versions.ts'
import { POLICY_KEY_ID, requiredSigners, verifyPduSignature } from './signatures.ts'
import type { Pdu, ServerName } from './types.ts'

export interface KnownKey {
  readonly keyId: string
  readonly publicKey: string
  /** Milliseconds since the epoch; undefined: for ever. */
  readonly validUntilTs: number | undefined
  /** The server signs with it no more. */
  readonly old: boolean
}

export type SignatureResult =
  | 'valid'
  /** The key is known, and did not make this signature. */
  | 'wrong'
  /** The signature holds, and the key was no longer valid when the event says it was sent. */
  | 'not valid then'
  | 'key not known'
  /** The room's policy server: judged by the room, not by who sent the event. */
  | 'policy'

export interface SignatureReport<K extends KnownKey> {
  readonly server: string
  readonly keyId: string
  /** Without the signature of this server the event is refused. */
  readonly required: boolean
  readonly result: SignatureResult
  readonly key: K | undefined
}

export interface SignaturesReport<K extends KnownKey> {
  readonly signatures: readonly SignatureReport<K>[]
  /** Servers whose signature is needed, and none of theirs holds. */
  readonly lacking: readonly ServerName[]
}

/** Many more than any honest event has. */
const MAX_REPORTED = 64

/** "Validating hashes and signatures on received events", signature by signature. Never throws. */
export function reportSignatures<K extends KnownKey>(
  pdu: Pdu,
  rules: RoomVersionRules,
  keysOf: (server: ServerName) => readonly K[],
): SignaturesReport<K> {
  const required = new Set<string>(requiredSigners(pdu, rules))
  const signatures: SignatureReport<K>[] = []
  const all = own(pdu.json, 'signatures')
  for (const [server, byKey] of Object.entries(isObject(all) ? all : {})) {
    const keys = keysOf(server as ServerName)
    for (const keyId of Object.keys(isObject(byKey) ? byKey : {})) {
      if (signatures.length >= MAX_REPORTED) break
      const key = keys.find((candidate) => candidate.keyId === keyId)
      const result = resultOf(pdu, rules, server, keyId, key)
      signatures.push({ server, keyId, required: required.has(server), result, key })
    }
  }
  const lacking = [...required].filter(
    (server) => !signatures.some((one) => one.server === server && one.result === 'valid'),
  )
  return { signatures, lacking: lacking as ServerName[] }
}

function resultOf(
  pdu: Pdu,
  rules: RoomVersionRules,
  server: string,
  keyId: string,
  key: KnownKey | undefined,
): SignatureResult {
  if (keyId === POLICY_KEY_ID) return 'policy'
  if (key === undefined) return 'key not known'
  if (!verifyPduSignature(pdu.json, rules, server, keyId, key.publicKey)) return 'wrong'
  const late = key.validUntilTs !== undefined && pdu.originServerTs > key.validUntilTs
  return rules.enforceKeyValidity && late ? 'not valid then' : 'valid'
}
