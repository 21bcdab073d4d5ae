import type { KeyId } from '../../core/types.ts'
import type { PublishedKey } from './server-keys-answer.ts'

export type KeyAnswer =
  | { readonly result: 'found'; readonly publicKey: string }
  /** The server does not publish such a key, or it was not valid then. */
  | { readonly result: 'invalid'; readonly reason: string }
  | { readonly result: 'unavailable'; readonly reason: string }

/** For which moment a key is wanted: requests now; events when they were sent, or whenever (versions 1 to 4). */
export type Purpose = { kind: 'request' } | { kind: 'event'; ts: number | undefined }

/** The key of this id, if it was valid then. */
export function chooseKey(
  keys: readonly PublishedKey[],
  keyId: KeyId,
  purpose: Purpose,
  now: number,
): KeyAnswer {
  const key = keys.find((candidate) => candidate.keyId === keyId)
  if (key === undefined) return { result: 'invalid', reason: `there is no key ${keyId}` }
  if (purpose.kind === 'request') {
    if (key.old) return { result: 'invalid', reason: `the key ${keyId} is retired` }
    if (key.validUntilTs < now) return { result: 'invalid', reason: expiredWords(key, now) }
  } else if (purpose.ts !== undefined && purpose.ts > key.validUntilTs) {
    return { result: 'invalid', reason: `the key ${keyId} was not valid when the event was sent` }
  }
  return { result: 'found', publicKey: key.publicKey }
}

/** With both times, as it may be a clock that is wrong. */
function expiredWords({ keyId, validUntilTs }: PublishedKey, now: number): string {
  const until = new Date(validUntilTs)
  const was = Number.isNaN(until.getTime()) ? String(validUntilTs) : until.toISOString()
  return `the key ${keyId} has expired: it was valid until ${was}, and here it is ${new Date(now).toISOString()}`
}
