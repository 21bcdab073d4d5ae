import { decodeBase64Lenient } from '../../core/base64.ts'
import { verifyAside } from '../../core/ed25519.ts'
import { roomVersionRules } from '../../core/room-versions.ts'
import { requiredSigners, signatureKeyIds, signedPartOfPdu } from '../../core/signatures.ts'
import type { KeyId, Pdu, ServerName, Signer } from '../../core/types.ts'
import type { EventVerifier, Verified } from '../../rooms/remote-ports.ts'
import type { Clock } from '../../trace/clock.ts'
import { Logger, type LogItem } from '../../trace/log.ts'
import { chooseKey, type KeyAnswer, type Purpose } from './choose-key.ts'
import { FetchesUnderWay } from './fetches-under-way.ts'
import { builtInKeys } from './known-keys.ts'
import { askNotaries, askWitnesses, type Notaries, type NotaryDeps } from './notaries.ts'
import type { ServerKeyStore } from './ports.ts'
import { readServerKeys, type PublishedKey } from './server-keys-answer.ts'
import type { SignedClient } from './signed-client.ts'
import { lackingKeys, MAX_SIGNATURES_TRIED, MAX_WANTED, validAt } from './wanted-keys.ts'

export interface KeyRing extends EventVerifier {
  /** The key with which `server` may sign requests now. */
  requestKey(server: ServerName, keyId: KeyId): Promise<KeyAnswer>
  /** Asks the server for its keys, unless that was done just now. Never rejects. */
  refresh(server: ServerName): Promise<void>
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
  readonly ownOldKeys?: () => readonly OldKey[]
  /** Who vouches for the keys of servers that cannot be asked themselves; absent: nobody. */
  readonly notaries?: Notaries
  readonly log?: Logger
}

/** "Servers MUST use the lesser of this field and 7 days into the future." */
const MAX_VALIDITY_MS = 7 * 24 * 3_600_000
const FIRST_FAILURE_MS = 10_000
const MAX_FAILURE_MS = 10 * 60_000
/** After an answer without the key that was wanted; longer each time that nothing new comes. */
const FIRST_REFETCH_MS = 2_000
const REFETCH_MS = 60_000

interface Fetched {
  /** No new fetch before. */
  readonly until: number
  readonly failures: number
  /** Answers in a row that had nothing new. */
  readonly repeats: number
  readonly error: string | undefined
}

/** Server-Server API, "Retrieving server keys". */
export function createKeyRing(deps: KeyRingDeps): KeyRing {
  const { client, store, clock, signer } = deps
  const log = deps.log ?? new Logger(clock)
  const fetched = new Map<ServerName, Fetched>()
  const running = new Map<ServerName, Promise<void>>()
  /** What those who wait for a fetch are after. */
  const wanted = new Map<ServerName, Map<KeyId, number>>()
  const underWay = new FetchesUnderWay()

  const choose = (keys: readonly PublishedKey[], keyId: KeyId, purpose: Purpose): KeyAnswer =>
    chooseKey(keys, keyId, purpose, clock.now())
  const builtIn = (server: ServerName): PublishedKey[] | undefined => builtInKeys(deps, server)

  async function find(
    server: ServerName,
    keyId: KeyId,
    purpose: Purpose,
    givenBy?: ServerName,
  ): Promise<KeyAnswer> {
    const fixed = builtIn(server)
    if (fixed !== undefined) return choose(fixed, keyId, purpose)
    const known = choose(store.keys(server), keyId, purpose)
    if (known.result === 'found') return known
    want(server, keyId, purpose.kind === 'request' ? clock.now() : (purpose.ts ?? 0))
    const asked = await refresh(server, givenBy)
    if (asked === 'too many') {
      const reason = `too many servers are being asked for their keys to ask ${server} as well`
      return { result: 'unavailable', reason }
    }
    const fresh = choose(store.keys(server), keyId, purpose)
    if (fresh.result === 'found') return fresh
    const error = fetched.get(server)?.error
    if (error !== undefined) {
      return { result: 'unavailable', reason: `the keys of ${server} cannot be had: ${error}` }
    }
    // It may have got a new key since it was asked, and an event is not refused for good because of that.
    const retired = store.keys(server).some((key) => key.keyId === keyId && key.old)
    if (asked === 'just now' && !retired && purpose.kind === 'event') {
      return { result: 'unavailable', reason: `${fresh.reason}; ${server} is asked again in a moment` }
    }
    return fresh
  }

  function want(server: ServerName, keyId: KeyId, ts: number): void {
    const keys = wanted.get(server) ?? new Map<KeyId, number>()
    if (keys.size < MAX_WANTED) keys.set(keyId, Math.max(keys.get(keyId) ?? 0, ts))
    wanted.set(server, keys)
  }

  /** Fetches, unless that was done just now; parallel calls share one fetch. */
  async function refresh(
    server: ServerName,
    givenBy?: ServerName,
  ): Promise<'asked' | 'just now' | 'too many'> {
    const last = fetched.get(server)
    if (last !== undefined && clock.monotonic() < last.until) {
      wanted.delete(server)
      return 'just now'
    }
    let work = running.get(server)
    if (work === undefined) {
      const end = givenBy === undefined ? () => undefined : underWay.begin(givenBy)
      if (end === undefined) {
        wanted.delete(server)
        return 'too many'
      }
      const keys = [...(wanted.get(server)?.keys() ?? [])]
      work = log.step('fetch keys', { server, wanted: keys }, (item) => fetchKeys(item, server, last))
      work = work.finally(() => {
        end()
        running.delete(server)
        wanted.delete(server)
      })
      running.set(server, work)
    }
    await work
    return 'asked'
  }

  async function fetchKeys(item: LogItem, server: ServerName, last: Fetched | undefined): Promise<void> {
    if (fetched.size > 10_000) fetched.clear()
    const idsOf = (): string =>
      store
        .keys(server)
        .map((key) => key.keyId)
        .join()
    const before = idsOf()
    let error: string | undefined
    try {
      await askServer(server)
    } catch (cause) {
      error = messageOf(cause)
      await item.wrap('ask notaries', { server }, (step) => useNotaries(step, server))
    }
    const failures = error === undefined ? 0 : (last?.failures ?? 0) + 1
    const repeats = error === undefined && idsOf() === before ? (last?.repeats ?? 0) + 1 : 0
    const wait =
      error === undefined
        ? Math.min(REFETCH_MS, FIRST_REFETCH_MS * 2 ** Math.min(repeats, 10))
        : Math.min(MAX_FAILURE_MS, FIRST_FAILURE_MS * 2 ** Math.min(failures - 1, 10))
    item.set({ keys: store.keys(server).map((key) => key.keyId) })
    if (error !== undefined) item.set({ reason: error, 'asked again after': wait }).raise('info')
    fetched.set(server, { until: clock.monotonic() + wait, failures, repeats, error })
  }

  async function askServer(server: ServerName): Promise<void> {
    const answer = await client.request(server, {
      method: 'GET',
      path: '/_matrix/key/v2/server',
      unsigned: true,
      maxBytes: 262_144,
      timeoutMs: 20_000,
    })
    const keys = readServerKeys(server, answer)
    keep(server, keys)
    const current = keys.filter((key) => !key.old)
    const validUntilTs = Math.min(...current.map((key) => key.validUntilTs))
    const ids = current.map((key) => key.keyId)
    store.putAnswer(server, ids, { answer, validUntilTs, fetchedTs: clock.now() })
  }

  async function useNotaries(item: LogItem, server: ServerName): Promise<void> {
    const { notaries } = deps
    const keys = wanted.get(server)
    if (notaries === undefined || keys === undefined) return
    const vouched = await askNotaries(server, keys, notaryDeps(notaries))
    item.set({ 'vouched by': vouched.by })
    if (vouched.by === 'nobody') return
    if (vouched.by === 'neighbours') return keepAgreed(server, vouched.keys)
    const own = new Map(store.keys(server).map((key) => [key.keyId, key]))
    keep(
      server,
      vouched.keys.filter((key) => {
        const before = own.get(key.keyId)
        return before?.publicKey !== key.publicKey || before.validUntilTs < key.validUntilTs
      }),
    )
  }

  const notaryDeps = (notaries: Notaries): NotaryDeps => ({
    client,
    self: signer.serverName,
    notaries,
    keysOf: notaryKeys,
  })

  /**
   * From the notary itself: notaries that wait for each other's word would wait for ever. It is asked once,
   * whatever key ids it signs with.
   */
  function notaryKeys(notary: ServerName): (keyId: KeyId) => Promise<string | undefined> {
    let asked: Promise<void> | undefined
    return async (keyId) => {
      const fixed = builtIn(notary)
      const known = (): KeyAnswer => choose(fixed ?? store.keys(notary), keyId, { kind: 'request' })
      if (known().result !== 'found' && fixed === undefined) {
        // One that answers queries and does not show its own keys: then its word is worth nothing.
        await (asked ??= askServer(notary).catch(() => undefined))
      }
      const key = known()
      return key.result === 'found' ? key.publicKey : undefined
    }
  }

  /** Nothing beside what the server said itself; and good for its events, not to speak for it now. */
  function keepAgreed(server: ServerName, keys: readonly PublishedKey[]): void {
    if (store.keys(server).every((key) => key.old)) keep(server, keys)
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

  async function verifyFor(server: ServerName, pdu: Pdu, givenBy: ServerName | undefined): Promise<Verified> {
    const rules = roomVersionRules(pdu.roomVersion)
    const ts = validAt(pdu)
    let reason = `it is not signed by ${server}`
    let unavailable: string | undefined
    for (const keyId of signatureKeyIds(pdu.json, server).slice(0, MAX_SIGNATURES_TRIED)) {
      const key = await find(server, keyId, { kind: 'event', ts }, givenBy)
      if (key.result === 'unavailable') unavailable = key.reason
      else if (key.result === 'invalid') reason = `${server}: ${key.reason}`
      else {
        const part = signedPartOfPdu(pdu.json, rules, server, keyId)
        const publicKey = decodeBase64Lenient(key.publicKey)
        if (part !== undefined && publicKey !== undefined && (await verifyAside(part, publicKey)))
          return { result: 'valid' }
        reason = `the signature of ${server} with ${keyId} does not hold`
      }
    }
    return unavailable === undefined
      ? { result: 'invalid', reason }
      : { result: 'unavailable', reason: unavailable, server }
  }

  return {
    async refresh(server) {
      await refresh(server)
    },

    requestKey: (server, keyId) => find(server, keyId, { kind: 'request' }),

    async verify(pdu, givenBy) {
      let missing: Extract<Verified, { result: 'unavailable' }> | undefined
      for (const server of requiredSigners(pdu, roomVersionRules(pdu.roomVersion))) {
        const answer = await verifyFor(server, pdu, givenBy)
        if (answer.result === 'invalid') return answer
        if (answer.result === 'unavailable') missing = answer
      }
      return missing ?? { result: 'valid' }
    },

    async askWitnesses(pdus, witnesses) {
      const lacking = lackingKeys(pdus, {
        isAway: (server) => builtIn(server) === undefined && fetched.get(server)?.error !== undefined,
        has: (server, keyId, ts) =>
          choose(store.keys(server), keyId, { kind: 'event', ts }).result === 'found',
      })
      const { notaries } = deps
      if (notaries === undefined || lacking.size === 0) return new Set()
      const values = { servers: [...lacking.keys()], witnesses: [...witnesses] }
      return log.step('ask witnesses for keys', values, async (item) => {
        const vouched = await askWitnesses(lacking, witnesses, notaryDeps(notaries))
        for (const [server, keys] of vouched) keepAgreed(server, keys)
        item.set({ 'vouched for': [...vouched.keys()] })
        return new Set(vouched.keys())
      })
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
