import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import type { Decision } from '../../core/types.ts'
import { findExtension } from './find-extension.ts'
import { decodeKeyExtension, KEY_EXTENSION_OID_BYTES, signedBytes } from './key-extension.ts'

/**
 * Does this certificate (DER) belong to a server that signs with one of `expectedKeys` (unpadded
 * base64 Ed25519)? For a key-named server that is the one key in its name; for a domain-named server,
 * the keys already known for it. Dates and issuer do not matter: the handshake proves possession of
 * the certificate's key, and the extension ties that key to the server's.
 */
export function verifyPeerCertificate(der: Uint8Array, expectedKeys: readonly string[]): Decision {
  const reject = (reason: string): Decision => ({ verdict: 'reject', rule: 'node certificate', reason })
  let extension: ReturnType<typeof decodeKeyExtension>
  let spki: Uint8Array
  try {
    const found = findExtension(der, KEY_EXTENSION_OID_BYTES)
    if (found === undefined) return reject('The certificate has no server key in it.')
    extension = decodeKeyExtension(found)
    spki = new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' })
  } catch {
    return reject('The certificate cannot be read.')
  }
  if (extension === undefined) return reject("The certificate's server key has a wrong form.")
  const key = extension.publicKey.toString('base64').replace(/=+$/, '')
  if (!expectedKeys.includes(key)) return reject('The certificate is for another server key.')
  if (!ed25519Verifies(extension.publicKey, signedBytes(spki), extension.signature)) {
    return reject("The server key's signature in the certificate does not hold.")
  }
  return { verdict: 'accept' }
}

/** The server key that a certificate (DER) claims, unpadded base64; undefined for other certificates. */
export function keyInCertificate(der: Uint8Array): string | undefined {
  const found = findExtension(der, KEY_EXTENSION_OID_BYTES)
  const extension = found === undefined ? undefined : decodeKeyExtension(found)
  return extension?.publicKey.toString('base64').replace(/=+$/, '')
}

function ed25519Verifies(publicKey: Buffer, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }
    return verify(null, bytes, createPublicKey({ key: jwk, format: 'jwk' }), signature)
  } catch {
    return false
  }
}
