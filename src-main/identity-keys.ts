import { own, isObject } from './core/json.ts'
import type { Json } from './core/types.ts'
import { isPublicAddress } from './federation/out/addresses.ts'
import type { Dns } from './federation/out/dns.ts'
import { guardedFetch } from './link-previews/guarded-fetch.ts'
import { isOwnAddress } from './own-addresses.ts'

const TIMEOUT_MS = 10_000
const MAX_BYTES = 65_536

/**
 * Asks an identity server whether it still stands by a key (identity service, `GET /pubkey/isvalid`), at the address
 * that a room tells. A stranger may have written that: only public web servers are asked, unless the owner allows
 * private addresses. Rejects where there is no answer.
 */
export function createKeyValidity(parts: { dns: Dns; allowPrivateAddresses: boolean }) {
  const { dns, allowPrivateAddresses } = parts
  const guard = {
    resolve: (host: string) => dns.addresses(host),
    allowAddress: (address: string) =>
      allowPrivateAddresses || (isPublicAddress(address) && !isOwnAddress(address)),
    allowPort: (port: number) => allowPrivateAddresses || port === 80 || port === 443,
  }
  return async (address: string, publicKey: string): Promise<boolean> => {
    const url = new URL(address)
    url.searchParams.set('public_key', publicKey)
    const { bytes } = await guardedFetch(url, {
      guard,
      userAgent: 'Hearth',
      accept: 'application/json',
      maxBytes: () => MAX_BYTES,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const answer = JSON.parse(bytes.toString('utf8')) as Json
    return isObject(answer) && own(answer, 'valid') === true
  }
}
