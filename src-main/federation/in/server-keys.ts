import { signJson } from '../../core/signatures.ts'
import type { JsonObject, KeyId } from '../../core/types.ts'
import type { FederationDeps } from './endpoint.ts'

/** How long others may believe an answer. */
export const SERVER_KEYS_VALID_MS = 24 * 3_600_000
const RENEW_MS = 3_600_000

/**
 * `GET /_matrix/key/v2/server` ("Publishing Keys"); needs no authentication. The signed answer is kept for
 * an hour, so that asking costs no signature.
 */
export function createServerKeys(
  deps: Pick<FederationDeps, 'clock' | 'serverName' | 'signer' | 'oldKeys' | 'keysFreshSince'>,
): () => JsonObject {
  let cached: { answer: JsonObject; madeTs: number; keyId: KeyId } | undefined
  return () => {
    const now = deps.clock.now()
    if (
      cached === undefined ||
      cached.keyId !== deps.signer.keyId ||
      cached.madeTs < (deps.keysFreshSince?.() ?? 0) ||
      now >= cached.madeTs + RENEW_MS ||
      now < cached.madeTs
    ) {
      const old = (deps.oldKeys?.() ?? []).map((key): [string, JsonObject] => [
        key.keyId,
        { key: key.publicKey, expired_ts: key.expiredTs },
      ])
      const answer = signJson(
        {
          server_name: deps.serverName,
          valid_until_ts: now + SERVER_KEYS_VALID_MS,
          verify_keys: { [deps.signer.keyId]: { key: deps.signer.publicKey } },
          old_verify_keys: Object.fromEntries(old),
        },
        deps.signer,
      )
      cached = { answer, madeTs: now, keyId: deps.signer.keyId }
    }
    return cached.answer
  }
}
