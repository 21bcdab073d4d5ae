/**
 * The certificate extension that ties a TLS key to a server's signing key (design: "TLS between nodes").
 *
 * The OID is private: in the arc 2.25, which needs no registration, with "hear" in ASCII as its number
 * (some DER readers fail on the 128-bit numbers that are usual there). The value is
 * `SEQUENCE { OCTET STRING publicKey (32), OCTET STRING signature (64) }`, the signature being Ed25519
 * over `"hearth-tls:" ‖ SubjectPublicKeyInfo`. All lengths are fixed, so it is written and read as bytes.
 */
export const KEY_EXTENSION_OID = '2.25.1751474546'
/** The same, as it is encoded in a certificate. */
export const KEY_EXTENSION_OID_BYTES = Uint8Array.of(0x69, 0x86, 0xc3, 0x95, 0xc2, 0x72)

const HEADER = Uint8Array.of(0x30, 0x64, 0x04, 0x20)
const MIDDLE = Uint8Array.of(0x04, 0x40)

export function encodeKeyExtension(publicKey: Uint8Array, signature: Uint8Array): Uint8Array {
  return Buffer.concat([HEADER, publicKey, MIDDLE, signature])
}

export function decodeKeyExtension(value: Uint8Array): { publicKey: Buffer; signature: Buffer } | undefined {
  const bytes = Buffer.from(value)
  if (bytes.length !== 102) return undefined
  if (!bytes.subarray(0, 4).equals(HEADER) || !bytes.subarray(36, 38).equals(MIDDLE)) return undefined
  return { publicKey: bytes.subarray(4, 36), signature: bytes.subarray(38) }
}

/** What the server's signing key signs. `spki` is the DER SubjectPublicKeyInfo of the certificate. */
export function signedBytes(spki: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('hearth-tls:'), spki])
}
