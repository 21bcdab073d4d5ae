import { z } from 'zod'
import { decodeBase64Lenient, encodeUnpaddedBase64 } from '../../core/base64.ts'
import { isObject } from '../../core/json.ts'
import { signatureKeyIds, verifyJsonSignature } from '../../core/signatures.ts'
import type { JsonObject, KeyId, ServerName } from '../../core/types.ts'
import { breathe } from '../../trace/turns.ts'

export interface PublishedKey {
  readonly keyId: KeyId
  /** Unpadded base64. */
  readonly publicKey: string
  /** Milliseconds; `expired_ts` of an old key. */
  readonly validUntilTs: number
  readonly old: boolean
}

const timestamp = z.number().int().nonnegative()
const shape = z.object({
  server_name: z.string(),
  valid_until_ts: timestamp,
  verify_keys: z.record(z.string(), z.object({ key: z.string() })),
  old_verify_keys: z.record(z.string(), z.object({ key: z.string(), expired_ts: timestamp })).optional(),
})
const MAX_KEYS = 200
const keyIdPattern = /^ed25519:[A-Za-z0-9_]{1,128}$/

/**
 * The Ed25519 keys of an answer of `/_matrix/key/v2/server`, which must be about `server` and signed by one
 * of the current keys in it. Throws an `Error` with a sentence for anything else.
 */
export function readServerKeys(server: ServerName, answer: JsonObject): PublishedKey[] {
  const parsed = shape.safeParse(answer)
  if (!parsed.success) throw new Error(`the key answer of ${server} has the wrong shape`)
  const { server_name, valid_until_ts, verify_keys, old_verify_keys } = parsed.data
  if (server_name !== server) throw new Error(`the key answer is not about ${server}`)
  const current = take(verify_keys, () => ({ validUntilTs: valid_until_ts, old: false }))
  const signed = current.some((key) => verifyJsonSignature(answer, server, key.keyId, key.publicKey))
  if (!signed) throw new Error(`the key answer is not signed by a key of ${server}`)
  const old = take(old_verify_keys ?? {}, (key) => ({ validUntilTs: key.expired_ts, old: true }))
  const currentIds = new Set(current.map((key) => key.keyId))
  return [...current, ...old.filter((key) => !currentIds.has(key.keyId))]
}

function take<T extends { key: string }>(
  keys: Record<string, T>,
  validity: (key: T) => { validUntilTs: number; old: boolean },
): PublishedKey[] {
  const taken: PublishedKey[] = []
  for (const [keyId, key] of Object.entries(keys).slice(0, MAX_KEYS)) {
    const bytes = decodeBase64Lenient(key.key)
    if (bytes?.length !== 32 || !keyIdPattern.test(keyId)) continue
    taken.push({ keyId: keyId as KeyId, publicKey: encodeUnpaddedBase64(bytes), ...validity(key) })
  }
  return taken
}

/** The keys of `server` in a notary's answer: those parts that the notary signed, and the server itself. */
export async function readNotaryAnswer(
  server: ServerName,
  notary: ServerName,
  answer: JsonObject,
  notaryKey: (keyId: KeyId) => Promise<string | undefined>,
): Promise<PublishedKey[]> {
  const found: PublishedKey[] = []
  const all = Array.isArray(answer['server_keys']) ? answer['server_keys'].filter(isObject) : []
  for (const entry of all.filter((each) => each['server_name'] === server).slice(0, 20)) {
    await breathe()
    for (const keyId of signatureKeyIds(entry, notary).slice(0, 4)) {
      const key = await notaryKey(keyId)
      if (key === undefined || !verifyJsonSignature(entry, notary, keyId, key)) continue
      try {
        found.push(...readServerKeys(server, entry))
      } catch {
        // One bad part does not spoil the others.
      }
      break
    }
  }
  return found
}
