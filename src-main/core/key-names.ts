/**
 * Server names that are Ed25519 keys: `<label>.local`, where
 * label = base32-lowercase-no-padding(public key (32) ‖ checksum (2) ‖ version (1)), 56 characters.
 */
import { createHash } from 'node:crypto'
import type { ServerName } from './types.ts'

const VERSION = 1
const KEY_BYTES = 32
const LABEL_LENGTH = 56
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const suffix = '.local'

/** The label for a public key of 32 bytes; throws a `RangeError` for any other length. */
export function keyNameLabel(publicKey: Uint8Array): string {
  if (publicKey.length !== KEY_BYTES) throw new RangeError('an Ed25519 public key has 32 bytes')
  return encodeBase32(Buffer.concat([publicKey, checksum(publicKey), Buffer.of(VERSION)]))
}

export function keyServerName(publicKey: Uint8Array): ServerName {
  return `${keyNameLabel(publicKey)}${suffix}` as ServerName
}

/** The key that a name stands for; undefined where the name is not of this kind, or its checksum is wrong. */
export function publicKeyFromServerName(name: string): Uint8Array | undefined {
  if (name.length !== LABEL_LENGTH + suffix.length || !name.endsWith(suffix)) return undefined
  const bytes = decodeBase32(name.slice(0, LABEL_LENGTH))
  if (bytes === undefined || bytes[KEY_BYTES + 2] !== VERSION) return undefined
  const key = bytes.slice(0, KEY_BYTES)
  const sum = checksum(key)
  return bytes[KEY_BYTES] === sum[0] && bytes[KEY_BYTES + 1] === sum[1] ? key : undefined
}

/** Eight characters that people compare where two display names are the same. */
export function fingerprintOf(serverName: string): string {
  return serverName.slice(0, 8)
}

function checksum(publicKey: Uint8Array): Uint8Array {
  return createHash('sha256')
    .update('hearth-name')
    .update(publicKey)
    .update(Uint8Array.of(VERSION))
    .digest()
    .subarray(0, 2)
}

function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet.charAt((value >>> bits) & 31)
    }
    value &= (1 << bits) - 1
  }
  return text
}

/** For 56 characters, which are exactly 35 bytes: no bits are left over, so every label has one spelling. */
function decodeBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array((text.length * 5) / 8)
  let bits = 0
  let value = 0
  let at = 0
  for (const char of text) {
    const digit = alphabet.indexOf(char)
    if (digit < 0) return undefined
    value = (value << 5) | digit
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (value >>> bits) & 255
    }
    value &= (1 << bits) - 1
  }
  return bytes
}
