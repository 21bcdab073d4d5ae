/** The `X-Matrix` authorization of requests between servers (Server-Server API, "Request Authentication"). */
import { canonicalJsonLenient } from '../core/canonical-json.ts'
import { isServerName } from '../core/ids.ts'
import type { Json, KeyId, ServerName, Signer } from '../core/types.ts'

export interface SignedRequest {
  readonly method: string
  /** Path and query exactly as in the request line, from `/_matrix/` on. */
  readonly uri: string
  readonly origin: ServerName
  readonly destination: ServerName | undefined
  /** Undefined for requests without a body. */
  readonly content: Json | undefined
  /** The canonical JSON of `content`, where it is at hand. */
  readonly contentText?: string | undefined
}

export interface XMatrix {
  readonly origin: ServerName
  readonly destination: string | undefined
  readonly key: KeyId
  readonly sig: string
}

/**
 * The bytes that are signed: canonical JSON of the request. Events of old room versions may hold numbers
 * that strict canonical JSON has no form for; throws `CanonicalJsonError` only for JSON nested too deep
 * and for lone surrogates.
 */
export function requestBytes({ contentText, ...request }: SignedRequest): Uint8Array {
  if (contentText === undefined) return Buffer.from(canonicalJsonLenient(request))
  // By its name it comes first.
  const others = canonicalJsonLenient({ ...request, content: undefined })
  return Buffer.from(`{"content":${contentText},${others.slice(1)}`)
}

/** Value of the `Authorization` header, without spaces and escapes, which older servers do not read. */
export function authorizationHeader(signer: Signer, request: SignedRequest): string {
  const sig = signer.sign(requestBytes(request))
  const destination = request.destination === undefined ? '' : `,destination="${request.destination}"`
  return `X-Matrix origin="${request.origin}"${destination},key="${signer.keyId}",sig="${sig}"`
}

const TOKEN_OR_LENIENT = /[!#$%&'*+\-.^_`|~0-9A-Za-z:/=[\]]+/y
const QUOTED = /"((?:[^"\\]|\\[\s\S])*)"/y
const NAME = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y
const EQUALS = /[ \t]*=[ \t]*/y
const COMMA = /[ \t]*(?:,[ \t]*)+/y

/** Parses the header by the grammar of RFC 9110, section 11.4, leniently for colons in unquoted values. */
export function parseXMatrix(header: string): XMatrix | { error: string } {
  const scheme = /^x-matrix +/i.exec(header)
  if (scheme === null) return { error: 'The Authorization header is not of the X-Matrix scheme.' }
  const parameters = new Map<string, string>()
  let at = scheme[0].length
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(header)
    if (match !== null) at = pattern.lastIndex
    return match
  }
  const end = header.trimEnd().length
  while (at < end) {
    const name = take(NAME)
    if (name === null || take(EQUALS) === null) return malformed
    const quoted = take(QUOTED)
    const value = quoted === null ? take(TOKEN_OR_LENIENT)?.[0] : quoted[1]?.replace(/\\([\s\S])/g, '$1')
    if (value === undefined) return malformed
    const key = name[0].toLowerCase()
    if (parameters.has(key)) return { error: `The Authorization header has "${key}" twice.` }
    parameters.set(key, value)
    if (at < end && take(COMMA) === null) return malformed
  }
  const origin = parameters.get('origin')
  const key = parameters.get('key')
  // The text of the specification says `signature` in one place, its examples and all servers say `sig`.
  const sig = parameters.get('sig') ?? parameters.get('signature')
  if (!isServerName(origin)) return { error: 'The Authorization header has no valid "origin".' }
  if (key === undefined || !/^ed25519:[A-Za-z0-9_]{1,128}$/.test(key)) {
    return { error: 'The Authorization header has no valid "key" of the algorithm ed25519.' }
  }
  if (sig === undefined) return { error: 'The Authorization header has no "sig".' }
  return { origin, destination: parameters.get('destination'), key: key as KeyId, sig }
}

const malformed = { error: 'The Authorization header is malformed.' }
