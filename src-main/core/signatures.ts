/** Ed25519 signatures of JSON objects and events (spec appendices "Signing JSON", server-server "Signing Events"). */
import sodium from 'libsodium-wrappers'
import { decodeBase64Lenient, encodeUnpaddedBase64 } from './base64.ts'
import { canonicalJsonLenient, CanonicalJsonError } from './canonical-json.ts'
import { verifyBytes, type SignedPart } from './ed25519.ts'
import { verifyContentHash } from './hashes.ts'
import { parseUserId, serverNameOf } from './ids.ts'
import { isObject, own, ownString, setOwn, without } from './json.ts'
import { redactJson } from './redaction.ts'
import type { RoomVersionRules } from './room-versions.ts'
import type { JsonObject, KeyId, Pdu, PduJson, ServerName, Signer } from './types.ts'

export { decodeBase64Lenient, encodeUnpaddedBase64 } from './base64.ts'

/** To be awaited once, before anything is signed or verified. */
export async function signaturesReady(): Promise<void> {
  await sodium.ready
}

/** `seed` is the private key's 32 bytes, from which the key pair is derived. */
export function createSigner(serverName: ServerName, keyId: KeyId, seed: Uint8Array): Signer {
  const pair = sodium.crypto_sign_seed_keypair(seed)
  return {
    serverName,
    keyId,
    publicKey: encodeUnpaddedBase64(pair.publicKey),
    sign: (bytes) => encodeUnpaddedBase64(sodium.crypto_sign_detached(bytes, pair.privateKey)),
  }
}

/**
 * "Signing Details": a copy with the signature added to `signatures`; `unsigned` is kept and not covered.
 * Throws `CanonicalJsonError` for what cannot be written as JSON.
 */
export function signJson<T extends JsonObject>(object: T, signer: Signer): T {
  return withSignature(object, signer, signer.sign(signedBytes(object))) as T
}

/** The signature of this key, and what it covers; undefined where there is none of a usable form. Never throws. */
export function signedPart(object: JsonObject, serverName: string, keyId: string): SignedPart | undefined {
  const signature = ownString(own(own(object, 'signatures'), serverName), keyId)
  if (signature === undefined || !keyId.startsWith('ed25519:')) return undefined
  const signatureBytes = decodeBase64Lenient(signature)
  if (signatureBytes === undefined) return undefined
  try {
    return { bytes: signedBytes(object), signature: signatureBytes }
  } catch (error) {
    if (error instanceof CanonicalJsonError) return undefined
    throw error
  }
}

/** The same of an event, whose redacted form is signed. */
export function signedPartOfPdu(
  json: PduJson,
  rules: RoomVersionRules,
  serverName: string,
  keyId: string,
): SignedPart | undefined {
  return signedPart(redactJson(json, rules), serverName, keyId)
}

/** "Checking for a Signature", for one key. Never throws. */
export function verifyJsonSignature(
  object: JsonObject,
  serverName: string,
  keyId: string,
  publicKeyBase64: string,
): boolean {
  const publicKey = decodeBase64Lenient(publicKeyBase64)
  const part = publicKey === undefined ? undefined : signedPart(object, serverName, keyId)
  if (publicKey === undefined || part === undefined) return false
  return verifyBytes(part.bytes, part.signature, publicKey)
}

/** Signs an event: the signature covers the redacted form and is added to the whole one. */
export function signPduJson(json: PduJson, rules: RoomVersionRules, signer: Signer): PduJson {
  return withSignature(json, signer, signer.sign(signedBytes(redactJson(json, rules))))
}

/** "Validating hashes and signatures on received events", for one key. Never throws. */
export function verifyPduSignature(
  json: PduJson,
  rules: RoomVersionRules,
  serverName: string,
  keyId: string,
  publicKeyBase64: string,
): boolean {
  return verifyJsonSignature(redactJson(json, rules), serverName, keyId, publicKeyBase64)
}

/** Signs recommendations of a room's policy server, and nothing that a server answers for as its own. */
export const POLICY_KEY_ID = 'ed25519:policy_server' as KeyId

/** The ids of the Ed25519 keys with which `serverName` claims to have signed. */
export function signatureKeyIds(object: JsonObject, serverName: string): KeyId[] {
  const signatures = own(own(object, 'signatures'), serverName)
  if (!isObject(signatures)) return []
  return Object.keys(signatures).filter(
    (id): id is KeyId => id.startsWith('ed25519:') && id !== POLICY_KEY_ID,
  )
}

/**
 * The servers without whose signature the event is to be dropped:
 * - the sender's, except for an invite that accepts a third-party invite: there the signature inside it counts;
 * - the event id's (room versions 1 and 2);
 * - the one of the user who authorised a restricted join (member auth rule 2, from room version 8).
 */
export function requiredSigners(pdu: Pdu, rules: RoomVersionRules): ServerName[] {
  const servers = new Set<ServerName>()
  if (!isThirdPartyInvite(pdu, rules)) servers.add(serverNameOf(pdu.sender))
  if (rules.eventIdFormat === 'explicit') servers.add(serverNameOf(pdu.eventId))
  if (rules.restrictedJoin && pdu.type === 'm.room.member') {
    const user = parseUserId(own(pdu.content, 'join_authorised_via_users_server'))
    if (user) servers.add(user.serverName)
  }
  return [...servers]
}

function isThirdPartyInvite(pdu: Pdu, rules: RoomVersionRules): boolean {
  return (
    pdu.type === 'm.room.member' &&
    own(pdu.content, 'membership') === 'invite' &&
    isObject(own(own(pdu.content, 'third_party_invite'), 'signed')) &&
    // A wrong content hash gets the event redacted. Where that takes `third_party_invite` away, what
    // remains is an ordinary invite, and nobody may send one of those in another server's name.
    (rules.updatedRedaction || verifyContentHash(pdu.json))
  )
}

function signedBytes(object: JsonObject): Uint8Array {
  return Buffer.from(canonicalJsonLenient(without(object, 'signatures', 'unsigned')))
}

function withSignature(object: JsonObject, signer: Signer, signature: string): JsonObject {
  const all = own(object, 'signatures')
  const ours = own(all, signer.serverName)
  const signatures = isObject(all) ? { ...all } : {}
  setOwn(signatures, signer.serverName, { ...(isObject(ours) ? ours : {}), [signer.keyId]: signature })
  return { ...object, signatures }
}
