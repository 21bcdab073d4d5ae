const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/

/** Unpadded Base64 (spec appendices). */
export function encodeUnpaddedBase64(bytes: Uint8Array): string {
  return view(bytes).toString('base64').replace(/=+$/, '')
}

/** URL-safe unpadded Base64 (spec appendices). */
export function encodeUrlSafeBase64(bytes: Uint8Array): string {
  return view(bytes).toString('base64url')
}

/** Accepts either alphabet, with or without padding; undefined for anything else. */
export function decodeBase64Lenient(text: string): Uint8Array | undefined {
  if (!base64.test(text)) return undefined
  const digits = text.replace(/=+$/, '')
  if (digits.length % 4 === 1) return undefined
  return new Uint8Array(Buffer.from(digits, 'base64'))
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
