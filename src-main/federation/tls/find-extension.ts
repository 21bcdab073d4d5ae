/** Just enough DER (X.690) to find one extension in a certificate; a stranger's bytes, so every step is bounded. */

interface Element {
  readonly tag: number
  /** Where its contents begin and end. */
  readonly start: number
  readonly end: number
}

const SEQUENCE = 0x30
const OBJECT_IDENTIFIER = 0x06
const OCTET_STRING = 0x04
/** `[3] EXPLICIT Extensions` of a TBSCertificate (RFC 5280, section 4.1). */
const EXTENSIONS = 0xa3

/**
 * The value of the extension with this OID (its encoded contents). Undefined where there is none, where it
 * stands twice, or where the certificate cannot be read.
 */
export function findExtension(certificate: Uint8Array, oid: Uint8Array): Uint8Array | undefined {
  const whole = elementAt(certificate, 0, certificate.length)
  const tbs = whole?.tag === SEQUENCE ? childrenOf(certificate, whole)?.[0] : undefined
  const wrapped = tbs && childrenOf(certificate, tbs)?.find((child) => child.tag === EXTENSIONS)
  const list = wrapped && childrenOf(certificate, wrapped)?.[0]
  const found: Uint8Array[] = []
  for (const extension of (list && childrenOf(certificate, list)) ?? []) {
    const parts = childrenOf(certificate, extension) ?? []
    const [id] = parts
    const value = parts.at(-1)
    if (id?.tag !== OBJECT_IDENTIFIER || value?.tag !== OCTET_STRING) continue
    if (Buffer.compare(certificate.subarray(id.start, id.end), oid) === 0) {
      found.push(certificate.subarray(value.start, value.end))
    }
  }
  return found.length === 1 ? found[0] : undefined
}

function childrenOf(bytes: Uint8Array, parent: Element): Element[] | undefined {
  const children: Element[] = []
  for (let at = parent.start; at < parent.end;) {
    const child = elementAt(bytes, at, parent.end)
    if (child === undefined) return undefined
    children.push(child)
    at = child.end
  }
  return children
}

/** Definite lengths of up to four bytes, as DER has them; every element is at least two bytes long. */
function elementAt(bytes: Uint8Array, at: number, limit: number): Element | undefined {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined || at + 2 > limit) return undefined
  const extra = first < 0x80 ? 0 : first - 0x80
  if (first === 0x80 || extra > 4) return undefined
  let length = extra === 0 ? first : 0
  for (let i = 0; i < extra; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0)
  const start = at + 2 + extra
  const end = start + length
  return end <= limit ? { tag, start, end } : undefined
}
