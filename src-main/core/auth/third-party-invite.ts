import { decodeBase64Lenient } from '../base64.ts'
import { canonicalJsonLenient, CanonicalJsonError } from '../canonical-json.ts'
import { isObject, own, ownString, without } from '../json.ts'
import { membershipOf } from '../membership.ts'
import { verifyBytes } from '../ed25519.ts'
import type { Decision, Json, JsonObject } from '../types.ts'
import { accept, type AuthContext, reject } from './context.ts'

/** An event of 64 KiB has room for hundreds of keys and signatures; each pair costs a verification. */
const MAX_VERIFICATIONS = 200
const MAX_KEYS = 4

/** Rule 4.4.1: an invite that accepts a third-party invite. */
export function checkThirdPartyInvite(context: AuthContext, target: string, invite: Json): Decision {
  const { pdu, rules, getState } = context
  const number = `${context.numbers.invite}.1`
  // .1
  if (membershipOf(getState('m.room.member', target)) === 'ban') {
    return reject(rules, `${number}.1`, `${target} is banned`)
  }
  // .2
  const signed = own(invite, 'signed')
  if (!isObject(signed)) return reject(rules, `${number}.2`, 'third_party_invite has no signed')
  // .3
  const mxid = ownString(signed, 'mxid')
  const token = ownString(signed, 'token')
  if (mxid === undefined || token === undefined) {
    return reject(rules, `${number}.3`, 'signed has no mxid or no token')
  }
  // .4
  if (mxid !== target) return reject(rules, `${number}.4`, 'mxid is not the invited user')
  // .5
  const offer = getState('m.room.third_party_invite', token)
  if (offer === undefined) return reject(rules, `${number}.5`, 'there is no such third-party invite')
  // .6
  if (offer.sender !== pdu.sender) return reject(rules, `${number}.6`, 'the invite is not by who offered it')
  // .7
  if (isSignedByAny(signed, publicKeys(offer.content))) return accept
  // .8
  return reject(rules, `${number}.8`, 'no signature of the third-party invite is valid')
}

/** A key of an invite to an address, and where to ask whether it is valid still. */
export interface InviteKey {
  readonly publicKey: string
  readonly validityUrl: string | undefined
}

/** Those of the first keys of an `m.room.third_party_invite` with which `signed` is signed. */
export function keysThatSigned(signed: JsonObject, offer: JsonObject): InviteKey[] {
  const more = own(offer, 'public_keys')
  const entries: (Json | undefined)[] = [offer, ...(Array.isArray(more) ? more.slice(0, MAX_KEYS) : [])]
  return entries.flatMap((entry) => {
    const publicKey = ownString(entry, 'public_key')
    const bytes = publicKey === undefined ? undefined : decodeBase64Lenient(publicKey)
    if (publicKey === undefined || bytes?.length !== 32 || !isSignedByAny(signed, [bytes])) return []
    return [{ publicKey, validityUrl: ownString(entry, 'key_validity_url') }]
  })
}

function publicKeys(content: JsonObject): Uint8Array[] {
  const more = own(content, 'public_keys')
  const texts = [
    ownString(content, 'public_key'),
    ...(Array.isArray(more) ? more.map((entry) => ownString(entry, 'public_key')) : []),
  ]
  return texts
    .map((text) => (text === undefined ? undefined : decodeBase64Lenient(text)))
    .filter((key) => key?.length === 32)
    .filter((key) => key !== undefined)
}

function isSignedByAny(signed: JsonObject, keys: readonly Uint8Array[]): boolean {
  const signatures = ed25519Signatures(own(signed, 'signatures'))
  let bytes: Uint8Array
  try {
    bytes = Buffer.from(canonicalJsonLenient(without(signed, 'signatures', 'unsigned')))
  } catch (error) {
    if (error instanceof CanonicalJsonError) return false
    throw error
  }
  let left = MAX_VERIFICATIONS
  for (const signature of signatures) {
    for (const key of keys) {
      if (left-- === 0) return false
      if (verifyBytes(bytes, signature, key)) return true
    }
  }
  return false
}

function ed25519Signatures(byServer: Json | undefined): Uint8Array[] {
  if (!isObject(byServer)) return []
  const found: Uint8Array[] = []
  for (const byKey of Object.values(byServer)) {
    if (!isObject(byKey)) continue
    for (const [keyId, text] of Object.entries(byKey)) {
      const bytes = typeof text === 'string' ? decodeBase64Lenient(text) : undefined
      if (keyId.startsWith('ed25519:') && bytes?.length === 64) found.push(bytes)
    }
  }
  return found
}
