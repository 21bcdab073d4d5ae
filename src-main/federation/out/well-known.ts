import { parseServerName, type ParsedServerName } from '../../core/ids.ts'
import { isObject, ownString } from '../../core/json.ts'
import { parseJsonLimited } from '../../core/parse-json.ts'
import type { Clock } from '../../trace/clock.ts'

export interface HttpAnswer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** GET over verified TLS, without following redirects, at most `maxBytes` of body. Rejects on any failure. */
export type HttpGet = (url: URL, maxBytes: number, signal: AbortSignal) => Promise<HttpAnswer>

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DEFAULT_AGE = 24 * HOUR
const MAX_AGE = 48 * HOUR
/** An answer that forbids caching is still kept this long: one look-up a minute is enough for anyone. */
const MIN_AGE = MINUTE
const MAX_BYTES = 51_200
const MAX_REDIRECTS = 5
const TIMEOUT_MS = 10_000
const MAX_ENTRIES = 10_000

interface Entry {
  readonly delegated: ParsedServerName | undefined
  readonly until: number
  readonly failures: number
}

export interface WellKnown {
  /** The delegated server name of `https://<hostname>/.well-known/matrix/server`; undefined where there is none. */
  lookUp(hostname: string): Promise<ParsedServerName | undefined>
  /** Failures may have been the old network's. */
  forgetFailures(): void
}

/** Server-Server API, "Resolving server names", step 3, with its rules for caching. */
export function createWellKnown(deps: { get: HttpGet; clock: Clock }): WellKnown {
  const cache = new Map<string, Entry>()
  const running = new Map<string, Promise<ParsedServerName | undefined>>()

  async function fetchEntry(hostname: string, failures: number): Promise<Entry> {
    const now = deps.clock.now()
    try {
      const answer = await getFollowing(deps.get, new URL(`https://${hostname}/.well-known/matrix/server`))
      const delegated = answer.status === 200 ? parseBody(answer.body) : undefined
      if (delegated !== undefined) {
        return { delegated, until: now + cacheAge(answer.headers, now), failures: 0 }
      }
    } catch {
      // Unreachable, too large, too slow: an error response in the words of the specification.
    }
    // Errors: cached for up to an hour, longer with each repetition.
    return {
      delegated: undefined,
      until: now + Math.min(HOUR, MINUTE * 2 ** failures),
      failures: failures + 1,
    }
  }

  return {
    async lookUp(hostname) {
      const cached = cache.get(hostname)
      if (cached !== undefined && deps.clock.now() < cached.until) return cached.delegated
      let work = running.get(hostname)
      if (work === undefined) {
        work = fetchEntry(hostname, cached?.failures ?? 0).then((entry) => {
          const oldest = cache.keys().next().value
          if (cache.size >= MAX_ENTRIES && oldest !== undefined) cache.delete(oldest)
          cache.delete(hostname)
          cache.set(hostname, entry)
          running.delete(hostname)
          return entry.delegated
        })
        running.set(hostname, work)
      }
      return work
    },
    forgetFailures() {
      for (const [hostname, entry] of cache) {
        if (entry.delegated === undefined) cache.delete(hostname)
      }
    },
  }
}

async function getFollowing(get: HttpGet, first: URL): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  let url = first
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await get(url, MAX_BYTES, signal)
    if (![301, 302, 303, 307, 308].includes(answer.status)) return answer
    url = new URL(answer.headers.get('location') ?? '', url)
    if (url.protocol !== 'https:') throw new Error('redirected away from https')
  }
  throw new Error('redirected too often')
}

function parseBody(body: string): ParsedServerName | undefined {
  const parsed = parseJsonLimited(body, 16)
  if (!parsed.ok || !isObject(parsed.value)) return undefined
  const name = ownString(parsed.value, 'm.server')
  return name === undefined ? undefined : parseServerName(name)
}

function cacheAge(headers: ReadonlyMap<string, string>, now: number): number {
  const control = (headers.get('cache-control') ?? '').toLowerCase()
  if (/(?:^|,)\s*no-(?:store|cache)/.test(control)) return MIN_AGE
  const maxAge = /(?:^|,)\s*max-age\s*=\s*"?(\d+)/.exec(control)?.[1]
  if (maxAge !== undefined) return clampAge(Number(maxAge) * 1000)
  const expires = headers.get('expires')
  if (expires !== undefined) {
    const at = Date.parse(expires)
    return Number.isNaN(at) ? MIN_AGE : clampAge(at - now)
  }
  return DEFAULT_AGE
}

function clampAge(ms: number): number {
  return Math.min(MAX_AGE, Math.max(MIN_AGE, ms))
}
