import { keyInCertificate, verifyPeerCertificate } from '../tls/verify-certificate.ts'
import type { DialAttempt } from './dial.ts'

/** What a handshake showed of the other side. */
export interface TlsFacts {
  /** Such as `TLSv1.3`. */
  readonly version: string
  readonly cipher: string | undefined
  /** `node`: self-signed, with the server's key in it; `authority`: vouched for by one that is known here. */
  readonly certificate: 'node' | 'authority' | 'unknown'
  readonly issuer: string | undefined
  readonly validToTs: number
  /**
   * How it was recognised: the key is the one in the name; the key is known for the domain; an authority
   * vouches for the name; it was not asked to prove anything; it is somebody else.
   */
  readonly match: 'name' | 'known key' | 'authority' | 'not checked' | 'mismatch'
  /** Unpadded base64 of the server key in a node's certificate. */
  readonly serverKey: string | undefined
}

/** Undefined where there was no handshake. */
export function tlsFactsOf(
  { socket, certificate, trust }: Pick<DialAttempt, 'socket' | 'certificate' | 'trust'>,
  isKeyNamed: boolean,
): TlsFacts | undefined {
  const version = socket.getProtocol()
  if (certificate === undefined || version === null) return undefined
  const der = certificate.raw
  const serverKey = keyInCertificate(der)
  return {
    version,
    cipher: socket.getCipher()?.standardName,
    certificate: serverKey !== undefined ? 'node' : socket.authorized ? 'authority' : 'unknown',
    issuer: issuerOf(certificate.issuer),
    validToTs: Date.parse(certificate.validTo),
    match: matchOf(),
    serverKey,
  }

  function matchOf(): TlsFacts['match'] {
    if (trust.keys.length > 0 && verifyPeerCertificate(der, trust.keys).verdict === 'accept')
      return isKeyNamed ? 'name' : 'known key'
    if (trust.webName !== undefined && socket.authorized) return 'authority'
    return trust.skip ? 'not checked' : 'mismatch'
  }
}

/** Of lines such as `O=Let's Encrypt`. */
function issuerOf(lines: string | undefined): string | undefined {
  const parts = new Map((lines ?? '').split('\n').map((line) => line.split('=', 2) as [string, string]))
  return (parts.get('O') ?? parts.get('CN'))?.replace(/\p{C}/gu, ' ').slice(0, 100)
}
