import { canonicalJsonLenient } from '../core/canonical-json.ts'
import { isObject, own, setOwn, without } from '../core/json.ts'
import type { Json, JsonObject } from '../core/types.ts'

/** A key without what is not signed of it. */
export const unsigned = (key: JsonObject): JsonObject => without(key, 'signatures', 'unsigned')

/** Whatever the order of their properties. */
export const isSame = (a: JsonObject, b: JsonObject): boolean =>
  canonicalJsonLenient(a) === canonicalJsonLenient(b)

/** A copy of the key with these signatures too, by signer and signing key. */
export function addSignatures(key: JsonObject, added: Json | undefined): JsonObject {
  const known = own(key, 'signatures')
  const signatures = isObject(known) ? { ...known } : {}
  for (const [signer, ofSigner] of Object.entries(isObject(added) ? added : {})) {
    const before = own(signatures, signer)
    if (isObject(ofSigner)) setOwn(signatures, signer, { ...(isObject(before) ? before : {}), ...ofSigner })
  }
  return { ...key, signatures }
}
