import { z } from 'zod'
import { asServerName } from '../../core/ids.ts'
import { signJson } from '../../core/signatures.ts'
import type { JsonObject, ServerName } from '../../core/types.ts'
import { badJson, invalidParam, MatrixError } from '../../http/errors.ts'
import type { FederationDeps } from './endpoint.ts'
import { createPeerLimits } from './limits.ts'

/** What a notary needs to know; the key ring of `federation/out/` has it. */
export interface PublishedKeys {
  /** What the server published, with its own signature; the newest first. */
  answers(server: ServerName): readonly { readonly answer: JsonObject; readonly validUntilTs: number }[]
  /** Asks the server, unless that was done just now. Never rejects. */
  refresh(server: ServerName): Promise<void>
}

export interface Notary {
  /** `GET /_matrix/key/v2/query/{serverName}` */
  one(server: string, minimumValidUntilTs: string | null, address: string): Promise<JsonObject>
  /** `POST /_matrix/key/v2/query` */
  many(body: JsonObject, address: string): Promise<JsonObject>
}

type NotaryDeps = Pick<
  FederationDeps,
  'clock' | 'serverName' | 'signer' | 'rateLimits' | 'published' | 'domainAllowed'
>

const MAX_SERVERS = 500
const MAX_BYTES = 1024 * 1024
/** Of one request; the others are answered with what is known. */
const MAX_FETCHES = 20
const FETCH_PATIENCE_MS = 10_000

const criteria = z.record(z.string(), z.looseObject({ minimum_valid_until_ts: z.number().optional() }))
const queryBody = z.object({ server_keys: z.record(z.string(), criteria) })

/**
 * "Querying Keys Through Another Server", the notary's side: what is known is passed on with this server's
 * signature added. No authentication is asked for, so strangers get only so many answers, and make this
 * server ask only so many others: 30 at once, then one a second, for all of them together.
 */
export function createNotary(deps: NotaryDeps, ownKeys: () => JsonObject): Notary {
  const { clock, serverName, signer } = deps
  const byAddress = createPeerLimits({ clock, perSecond: 5, burst: 50, parallel: 8 })
  const fetches = createPeerLimits({ clock, perSecond: 1, burst: 30, parallel: 20 })

  async function answer(wanted: ReadonlyMap<ServerName, number>, address: string): Promise<JsonObject> {
    const leave = deps.rateLimits ? byAddress.enter(address) : () => undefined
    try {
      const stale = [...wanted]
        .filter(([server, minimum]) => isStale(server, minimum))
        .map(([server]) => server)
      await Promise.all(stale.slice(0, MAX_FETCHES).map(fetch))
      const found: JsonObject[] = []
      let bytes = 0
      for (const known of [...wanted.keys()].flatMap(published)) {
        const signed = signJson(known, signer)
        bytes += JSON.stringify(signed).length
        if (bytes > MAX_BYTES) break
        found.push(signed)
      }
      return { server_keys: found }
    } finally {
      leave()
    }
  }

  function published(server: ServerName): JsonObject[] {
    if (server === serverName) return [ownKeys()]
    if (!deps.domainAllowed(server)) return []
    return deps.published?.answers(server).map((known) => known.answer) ?? []
  }

  function isStale(server: ServerName, minimum: number): boolean {
    if (server === serverName || deps.published === undefined || !deps.domainAllowed(server)) return false
    const newest = deps.published.answers(server)[0]
    return newest === undefined || newest.validUntilTs < minimum
  }

  async function fetch(server: ServerName): Promise<void> {
    let leave: () => void
    try {
      leave = deps.rateLimits ? fetches.enter('all') : () => undefined
    } catch (error) {
      if (error instanceof MatrixError) return
      throw error
    }
    let cancel = (): void => undefined
    const late = new Promise<void>((resolve) => {
      cancel = clock.setTimeout(resolve, FETCH_PATIENCE_MS)
    })
    const asked = (deps.published?.refresh(server) ?? Promise.resolve()).finally(leave)
    await Promise.race([asked, late]).finally(cancel)
  }

  return {
    async one(name, minimumValidUntilTs, address) {
      const server = asServerName(name)
      if (server === undefined) throw invalidParam('The path has no valid server name.')
      const minimum = minimumValidUntilTs === null ? clock.now() : Number(minimumValidUntilTs)
      if (!Number.isSafeInteger(minimum)) throw invalidParam('minimum_valid_until_ts is not a whole number.')
      return answer(new Map([[server, minimum]]), address)
    },

    async many(body, address) {
      const parsed = queryBody.safeParse(body)
      if (!parsed.success) throw badJson('server_keys must hold an object of key ids for each server name.')
      const wanted = new Map<ServerName, number>()
      for (const [name, keys] of Object.entries(parsed.data.server_keys).slice(0, MAX_SERVERS)) {
        const server = asServerName(name)
        if (server === undefined) continue
        const minimums = Object.values(keys).map((key) => key.minimum_valid_until_ts ?? clock.now())
        wanted.set(server, minimums.length === 0 ? clock.now() : Math.max(...minimums))
      }
      return answer(wanted, address)
    },
  }
}
