import { encodeUnpaddedBase64 } from '../../core/base64.ts'
import { publicKeyFromServerName } from '../../core/ids.ts'
import { roomVersionRules } from '../../core/room-versions.ts'
import { requiredSigners, signatureKeyIds, verifyPduSignature } from '../../core/signatures.ts'
import type { KeyId, Pdu, ServerName, Signer } from '../../core/types.ts'
import { RemoteError, type EventVerifier } from '../../rooms/ports.ts'
import type { Clock } from '../../trace/clock.ts'
import type { ServerKeyStore } from './ports.ts'
import { readServerKeys, readNotaryAnswer, type PublishedKey } from './server-keys-answer.ts'
import type { SignedClient } from './signed-client.ts'

export type KeyAnswer =
  | { readonly result: 'found'; readonly publicKey: string }
  /** The server does not publish such a key, or it was not valid then. */
  | { readonly result: 'invalid'; readonly reason: string }
  | { readonly result: 'unavailable'; readonly reason: string }

export interface KeyRing extends EventVerifier {
  /** The key with which `server` may sign requests now. */
  requestKey(server: ServerName, keyId: KeyId): Promise<KeyAnswer>
  /** Fetch failures may have been the old network's. */
  forgetFailures(server?: ServerName): void
}

export interface OldKey {
  readonly keyId: KeyId
  readonly publicKey: string
  /** Milliseconds. */
  readonly expiredTs: number
}

export interface KeyRingDeps {
  readonly client: SignedClient
  readonly store: ServerKeyStore
  readonly clock: Clock
  readonly signer: Signer
  readonly ownOldKeys?: readonly OldKey[]
  /** Servers that are trusted to vouch for the keys of servers that cannot be asked themselves. */
  readonly notaries?: readonly ServerName[]
}

/** "Servers MUST use the lesser of this field and 7 days into the future." */
const MAX_VALIDITY_MS = 7 * 24 * 3_600_000
const FIRST_FAILURE_MS = 10_000
const MAX_FAILURE_MS = 10 * 60_000
/** After an answer without the key that was wanted. */
const REFETCH_MS = 60_000
const MAX_SIGNATURES_TRIED = 8
const NODE_KEY_ID = 'ed25519:hearth'

interface Fetched {
  /** No new fetch before. */
  readonly until: number
  readonly failures: number
  readonly error: string | undefined
}

/** For which moment a key is wanted: requests now; events when they were sent, or whenever (versions 1 to 4). */
type Purpose = { kind: 'request' } | { kind: 'event'; ts: number | undefined }

/** Server-Server API, "Retrieving server keys". */
export function createKeyRing(deps: KeyRingDeps): KeyRing {
  const { client, store, clock, signer } = deps
  const fetched = new Map<ServerName, Fetched>()
  const running = new Map<ServerName, Promise<void>>()

  /** Keys that need no fetching, ever. */
  function builtIn(server: ServerName): PublishedKey[] | undefined {
    if (server === signer.serverName) {
      return [
        { keyId: signer.keyId, publicKey: signer.publicKey, validUntilTs: Infinity, old: false },
        ...(deps.ownOldKeys ?? []).map((key) => ({ ...key, validUntilTs: key.expiredTs, old: true })),
      ]
    }
    const key = publicKeyFromServerName(server)
    if (key === undefined) return undefined
    return [
      {
        keyId: NODE_KEY_ID as KeyId,
        publicKey: encodeUnpaddedBase64(key),
        validUntilTs: Infinity,
        old: false,
      },
    ]
  }

  function choose(keys: readonly PublishedKey[], keyId: KeyId, purpose: Purpose): KeyAnswer {
    const key = keys.find((candidate) => candidate.keyId === keyId)
    if (key === undefined) return { result: 'invalid', reason: `there is no key ${keyId}` }
    if (purpose.kind === 'request') {
      if (key.old) return { result: 'invalid', reason: `the key ${keyId} is retired` }
      if (key.validUntilTs < clock.now()) return { result: 'invalid', reason: `the key ${keyId} has expired` }
    } else if (purpose.ts !== undefined && purpose.ts > key.validUntilTs) {
      return { result: 'invalid', reason: `the key ${keyId} was not valid when the event was sent` }
    }
    return { result: 'found', publicKey: key.publicKey }
  }

  async function find(server: ServerName, keyId: KeyId, purpose: Purpose): Promise<KeyAnswer> {
    const fixed = builtIn(server)
    if (fixed !== undefined) return choose(fixed, keyId, purpose)
    const known = choose(store.keys(server), keyId, purpose)
    if (known.result === 'found') return known
    await refresh(server)
    const fresh = choose(store.keys(server), keyId, purpose)
    const error = fetched.get(server)?.error
    if (fresh.result === 'invalid' && error !== undefined) {
      return { result: 'unavailable', reason: `the keys of ${server} cannot be had: ${error}` }
    }
    return fresh
  }

  /** Fetches, unless that was done just now; parallel calls share one fetch. */
  async function refresh(server: ServerName): Promise<void> {
    const last = fetched.get(server)
    if (last !== undefined && clock.now() < last.until) return
    let work = running.get(server)
    if (work === undefined) {
      work = fetchKeys(server, last?.failures ?? 0).finally(() => running.delete(server))
      running.set(server, work)
    }
    await work
  }

  async function fetchKeys(server: ServerName, failures: number): Promise<void> {
    if (fetched.size > 10_000) fetched.clear()
    let error: string | undefined
    try {
      keep(server, await askServer(server))
    } catch (cause) {
      error = messageOf(cause)
      if (await askNotaries(server)) error = undefined
    }
    const wait =
      error === undefined
        ? REFETCH_MS
        : Math.min(MAX_FAILURE_MS, FIRST_FAILURE_MS * 2 ** Math.min(failures, 10))
    fetched.set(server, {
      until: clock.now() + wait,
      failures: error === undefined ? 0 : failures + 1,
      error,
    })
  }

  async function askServer(server: ServerName): Promise<PublishedKey[]> {
    const path = '/_matrix/key/v2/server'
    const answer = await client.request(server, {
      method: 'GET',
      path,
      unsigned: true,
      maxBytes: 262_144,
      timeoutMs: 20_000,
    })
    return readServerKeys(server, answer)
  }

  /** Each notary in turn, until one vouches for any key of the server. */
  async function askNotaries(server: ServerName): Promise<boolean> {
    for (const notary of deps.notaries ?? []) {
      if (notary === server || notary === signer.serverName) continue
      try {
        const answer = await client.request(notary, {
          method: 'POST',
          path: '/_matrix/key/v2/query',
          content: { server_keys: { [server]: {} } },
          unsigned: true,
          maxBytes: 1_048_576,
          timeoutMs: 20_000,
        })
        const keys = await readNotaryAnswer(server, notary, answer, async (keyId) => {
          const key = await find(notary, keyId, { kind: 'request' })
          return key.result === 'found' ? key.publicKey : undefined
        })
        if (keys.length === 0) continue
        keep(server, keys)
        return true
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error
      }
    }
    return false
  }

  function keep(serverName: ServerName, keys: readonly PublishedKey[]): void {
    const now = clock.now()
    store.put(
      keys.map((key) => ({
        ...key,
        serverName,
        validUntilTs: key.old ? key.validUntilTs : Math.min(key.validUntilTs, now + MAX_VALIDITY_MS),
        fetchedTs: now,
      })),
    )
  }

  async function verifyFor(server: ServerName, pdu: Pdu): ReturnType<EventVerifier['verify']> {
    const rules = roomVersionRules(pdu.roomVersion)
    const ts = rules.enforceKeyValidity ? pdu.originServerTs : undefined
    let reason = `it is not signed by ${server}`
    let unavailable: string | undefined
    for (const keyId of signatureKeyIds(pdu.json, server).slice(0, MAX_SIGNATURES_TRIED)) {
      const key = await find(server, keyId, { kind: 'event', ts })
      if (key.result === 'unavailable') unavailable = key.reason
      else if (key.result === 'invalid') reason = `${key.reason} of ${server}`
      else if (verifyPduSignature(pdu.json, rules, server, keyId, key.publicKey)) return { result: 'valid' }
      else reason = `the signature of ${server} with ${keyId} does not hold`
    }
    return unavailable === undefined
      ? { result: 'invalid', reason }
      : { result: 'unavailable', reason: unavailable }
  }

  return {
    requestKey: (server, keyId) => find(server, keyId, { kind: 'request' }),

    async verify(pdu) {
      let missing: { result: 'unavailable'; reason: string } | undefined
      for (const server of requiredSigners(pdu, roomVersionRules(pdu.roomVersion))) {
        const answer = await verifyFor(server, pdu)
        if (answer.result === 'invalid') return answer
        if (answer.result === 'unavailable') missing = answer
      }
      return missing ?? { result: 'valid' }
    },

    forgetFailures(server) {
      for (const [name, entry] of fetched) {
        if (entry.error !== undefined && (server === undefined || server === name)) fetched.delete(name)
      }
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
