/**
 * Ed25519 verification (RFC 8032) by Node's own crypto, faster than libsodium. Whatever libsodium refuses is refused:
 * it and OpenSSL both want a canonical S; points of small order and keys that are not canonical are refused here, as
 * not all builds of Node's library do.
 */
import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import sodium from 'libsodium-wrappers'
import { encodeUnpaddedBase64 } from './base64.ts'

/** The DER form of an Ed25519 public key, before its 32 bytes (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const MAX_KEYS = 1_000

const keys = new Map<string, KeyObject>()
let verifiedInThisTurn = false

/** What a signature is checked against. */
export interface SignedPart {
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
}

/** False also for keys and signatures of a wrong length or form. Never throws. */
export function verifyBytes(bytes: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (!isWellFormed(signature, publicKey)) return false
  const key = keyObject(publicKey)
  if (key !== undefined) {
    try {
      return verify(null, bytes, key, signature)
    } catch {
      // A library without Ed25519 in this form.
    }
  }
  return sodium.crypto_sign_verify_detached(signature, bytes, publicKey)
}

/**
 * The same on a thread of Node's pool: the many signatures of a batch take several processors, and the event loop a
 * tenth of the time of each. The first of each turn of the loop is verified at once: a message that comes alone
 * does not wait for a thread, which takes longer to wake than to verify. Never rejects.
 */
export async function verifyAside({ bytes, signature }: SignedPart, publicKey: Uint8Array): Promise<boolean> {
  if (!verifiedInThisTurn) {
    verifiedInThisTurn = true
    setImmediate(() => (verifiedInThisTurn = false))
    return verifyBytes(bytes, signature, publicKey)
  }
  if (!isWellFormed(signature, publicKey)) return false
  const key = keyObject(publicKey)
  const answer = key === undefined ? undefined : await onThread(bytes, key, signature)
  return answer ?? verifyBytes(bytes, signature, publicKey)
}

function isWellFormed(signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  return isCanonical(publicKey) && !hasSmallOrder(publicKey) && !hasSmallOrder(signature.subarray(0, 32))
}

function onThread(bytes: Uint8Array, key: KeyObject, signature: Uint8Array): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    try {
      verify(null, bytes, key, signature, (error, holds) => resolve(error === null ? holds : undefined))
    } catch {
      resolve(undefined)
    }
  })
}

function keyObject(publicKey: Uint8Array): KeyObject | undefined {
  const name = encodeUnpaddedBase64(publicKey)
  const known = keys.get(name)
  if (known !== undefined) return known
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' })
    if (keys.size >= MAX_KEYS) keys.clear()
    keys.set(name, key)
    return key
  } catch {
    return undefined
  }
}

/** The y coordinate is below 2^255 - 19. */
function isCanonical(point: Uint8Array): boolean {
  if (((point[31] ?? 0) & 0x7f) !== 0x7f || (point[0] ?? 0) < 0xed) return true
  return !point.subarray(1, 31).every((byte) => byte === 0xff)
}

/** The y coordinates, little-endian, of the points whose order divides 8, also where they are not canonical. */
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((hex) => Buffer.from(hex, 'hex'))

function hasSmallOrder(point: Uint8Array): boolean {
  return SMALL_ORDER.some((small) =>
    small.every((byte, at) => (at === 31 ? (point[at] ?? 0) & 0x7f : point[at]) === byte),
  )
}
