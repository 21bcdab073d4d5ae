import { decodeBase64Lenient } from '../../core/base64.ts'
import { verifyBytes } from '../../core/ed25519.ts'
import type { JsonObject, ServerName } from '../../core/types.ts'
import { MatrixError } from '../../http/errors.ts'
import { parseXMatrix, requestBytes, type XMatrix } from '../x-matrix.ts'
import type { RequestKeys } from './endpoint.ts'

const unauthorized = (reason: string): MatrixError => new MatrixError(401, 'M_UNAUTHORIZED', reason)

/** What can be checked before the body is read. Throws `MatrixError` 401. */
export function readAuthorization(header: string | null | undefined, serverName: ServerName): XMatrix {
  if (header === null || header === undefined) {
    throw unauthorized('The request has no X-Matrix Authorization header.')
  }
  const auth = parseXMatrix(header)
  if ('error' in auth) throw unauthorized(auth.error)
  if (auth.destination !== undefined && auth.destination !== serverName) {
    throw unauthorized(`The request is for ${auth.destination.slice(0, 255)}, and this is ${serverName}.`)
  }
  if (auth.origin === serverName) throw unauthorized('The request claims to be from this very server.')
  return auth
}

/** Server-Server API, "Request Authentication". Throws `MatrixError` 401. */
export async function verifyRequest(
  auth: XMatrix,
  request: { method: string; uri: string; content: JsonObject | undefined },
  serverName: ServerName,
  keys: RequestKeys,
): Promise<void> {
  const signature = decodeBase64Lenient(auth.sig)
  if (signature?.length !== 64) throw unauthorized('The signature in the Authorization header is malformed.')
  const key = await keys.requestKey(auth.origin, auth.key)
  if (key.result !== 'found') {
    throw unauthorized(`The request of ${auth.origin} cannot be verified: ${key.reason}.`)
  }
  const publicKey = decodeBase64Lenient(key.publicKey)
  // An old sender may leave the destination out of the header; it is part of what is signed all the same.
  const bytes = signedBytesOf({ ...request, origin: auth.origin, destination: serverName })
  if (publicKey === undefined || bytes === undefined || !verifyBytes(bytes, signature, publicKey)) {
    throw unauthorized(`The signature of ${auth.origin} does not fit the request.`)
  }
}

function signedBytesOf(request: Parameters<typeof requestBytes>[0]): Uint8Array | undefined {
  try {
    return requestBytes(request)
  } catch {
    // No canonical form (a lone surrogate, say), so nobody can have signed it.
    return undefined
  }
}
