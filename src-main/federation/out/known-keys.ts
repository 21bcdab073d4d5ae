import { encodeUnpaddedBase64 } from '../../core/base64.ts'
import { publicKeyFromServerName } from '../../core/ids.ts'
import { own, ownString } from '../../core/json.ts'
import type { JsonObject, KeyId, ServerName, Signer } from '../../core/types.ts'
import type { InspectedKey } from '../../inspector/event/ports.ts'
import type { OldKey } from './key-ring.ts'
import type { ServerKeyStore } from './ports.ts'
import type { PublishedKey } from './server-keys-answer.ts'

const NODE_KEY_ID = 'ed25519:hearth' as KeyId

export interface KnownKeysDeps {
  readonly signer: Signer
  readonly ownOldKeys?: (() => readonly OldKey[]) | undefined
}

/** Keys that need no fetching, ever: this server's own, and those that are the name of their server. */
export function builtInKeys(
  { signer, ownOldKeys }: KnownKeysDeps,
  server: ServerName,
): PublishedKey[] | undefined {
  if (server === signer.serverName) {
    return [
      { keyId: signer.keyId, publicKey: signer.publicKey, validUntilTs: Infinity, old: false },
      ...(ownOldKeys?.() ?? []).map((key) => ({ ...key, validUntilTs: key.expiredTs, old: true })),
    ]
  }
  const key = publicKeyFromServerName(server)
  if (key === undefined) return undefined
  return [{ keyId: NODE_KEY_ID, publicKey: encodeUnpaddedBase64(key), validUntilTs: Infinity, old: false }]
}

/** The keys of a server that are known here, and from whom; nobody is asked. */
export function knownKeys(
  deps: KnownKeysDeps & { readonly store: ServerKeyStore },
): (server: ServerName) => InspectedKey[] {
  return (server) => {
    const fixed = builtInKeys(deps, server)
    if (fixed !== undefined) {
      const from = server === deps.signer.serverName ? 'own' : 'name'
      return fixed.map((key) => inspected(key, from, undefined))
    }
    const answers = deps.store.answers(server).map(({ answer }) => answer)
    return deps.store
      .keys(server)
      .map((key) => inspected(key, saysSo(answers, key) ? 'server' : 'others', key.fetchedTs))
  }
}

function inspected(
  key: PublishedKey,
  from: InspectedKey['from'],
  fetchedTs: number | undefined,
): InspectedKey {
  const { keyId, publicKey, old, validUntilTs } = key
  return {
    keyId,
    publicKey,
    old,
    validUntilTs: Number.isFinite(validUntilTs) ? validUntilTs : undefined,
    from,
    fetchedTs,
  }
}

function saysSo(answers: readonly JsonObject[], { keyId, publicKey }: PublishedKey): boolean {
  const bare = (text: string | undefined): string | undefined => text?.replace(/=+$/, '')
  return answers.some((answer) =>
    ['verify_keys', 'old_verify_keys'].some(
      (kind) => bare(ownString(own(own(answer, kind), keyId), 'key')) === publicKey,
    ),
  )
}
