import type { Readable } from 'node:stream'
import { canonicalJsonLenient } from '../../core/canonical-json.ts'
import { publicKeyFromServerName } from '../../core/ids.ts'
import { isObject, MAX_JSON_DEPTH, ownString } from '../../core/json.ts'
import { parseJsonLimited } from '../../core/parse-json.ts'
import type { JsonObject, ServerName, Signer } from '../../core/types.ts'
import { DENIED_HERE, RemoteError } from '../../rooms/ports.ts'
import type { Logger, LogItem } from '../../trace/log.ts'
import { PORT_HEADER, UNREACHABLE_HEADER } from '../port-header.ts'
import { authorizationHeader } from '../x-matrix.ts'
import type { Connections } from './connections.ts'
import { DialError } from './dial.ts'
import { Trip } from './line.ts'
import { createLargeAnswers } from './large-answers.ts'
import { readText } from './read-body.ts'
import { readJson } from './read-json.ts'

export interface FederationRequest {
  readonly method: 'GET' | 'PUT' | 'POST'
  /** With its segments already percent-encoded; from `/_matrix/` on, without the query. */
  readonly path: string
  readonly query?: readonly (readonly [string, string])[]
  readonly content?: JsonObject
  /** The canonical JSON of `content`, for who has it already. */
  readonly contentText?: () => string
  /** For the whole exchange. */
  readonly timeoutMs?: number
  /** Until the answer begins; `timeoutMs` where undefined. */
  readonly headersTimeoutMs?: number
  /** Further headers, unsigned. */
  readonly headers?: Readonly<Record<string, string>>
  readonly maxBytes?: number
  /** Resolves when nobody needs the answer any more: a large one holds up others until then. At once where undefined. */
  readonly inUse?: Promise<void> | undefined
  readonly signal?: AbortSignal | undefined
  /** Key and version requests go unsigned. */
  readonly unsigned?: boolean
  /** The old `[200, {…}]` form of some version 1 endpoints. */
  readonly wrapped?: boolean
  /** The operation that this is a step of. */
  readonly log?: LogItem
}

export interface RawAnswer {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Readable
}

export interface SignedClient {
  /** The JSON object of a 200 answer. Rejects with `RemoteError` only. */
  request(destination: ServerName, request: FederationRequest): Promise<JsonObject>
  /** A 200 answer with its body unread; the caller must consume or destroy it. Rejects with `RemoteError` only. */
  open(destination: ServerName, request: FederationRequest): Promise<RawAnswer>
}

export interface SignedClientDeps {
  readonly signer: Signer
  readonly connections: Connections
  readonly log: Logger
  readonly domainAllowed: (server: ServerName) => boolean
  /** Told to key-named servers, which have no other way to find out where to call back. */
  readonly listeningPort?: () => number | undefined
  /** Resolves when all that was written before is on the disk; undefined where writing waits for it. */
  readonly durable?: (() => Promise<void> | undefined) | undefined
  /** The server answered, and said that it cannot dial this one. */
  readonly onUnreachable?: (server: ServerName) => void
  /** The server took a signed request, or refused it because its owner does not allow this one. Must not throw. */
  readonly onAnswer?: (server: ServerName, refuses: boolean) => void
}

const DEFAULT_TIMEOUT_MS = 60_000
const DEFAULT_MAX_BYTES = 10 * 1024 * 1024
const MAX_ERROR_BYTES = 65_536
/** Of the largest answer: events have some 15. Less would be an answer made to fill our memory. */
const BYTES_PER_VALUE = 20

/** Signed JSON requests to other servers (Server-Server API, "Request Authentication"). */
export function createSignedClient(deps: SignedClientDeps): SignedClient {
  const { signer, connections, log } = deps

  const largeAnswers = createLargeAnswers()

  async function send(
    destination: ServerName,
    request: FederationRequest,
    signal: AbortSignal,
    item: LogItem,
  ): Promise<RawAnswer> {
    const query = new URLSearchParams((request.query ?? []).map(([k, v]) => [k, v])).toString()
    if (query !== '') item.set({ query })
    const uri = query === '' ? request.path : `${request.path}?${query}`
    const { method, content } = request
    // What is signed is what is sent, and written once.
    const contentText =
      request.contentText?.() ?? (content === undefined ? undefined : textOf(content, request))
    const headers: Record<string, string> = {
      ...request.headers,
      accept: 'application/json',
      'user-agent': 'Hearth',
    }
    if (request.unsigned !== true) {
      const signed = { method, uri, origin: signer.serverName, destination, content, contentText }
      headers['authorization'] = authorizationHeader(signer, signed)
    }
    const port = publicKeyFromServerName(destination) === undefined ? undefined : deps.listeningPort?.()
    if (port !== undefined) headers[PORT_HEADER] = String(port)
    const body = contentText === undefined ? null : Buffer.from(contentText)
    if (body !== null) {
      headers['content-type'] = 'application/json'
      headers['content-length'] = String(body.length)
      item.body('request', () => body.toString())
    }
    let lastError: unknown = new DialError('no address is known')
    for await (const { pool, hostHeader } of connections.to(destination, item)) {
      // Without a body there is nothing to hold back, and what it asks for may tell of what was written.
      if (body === null) await deps.durable?.()
      for (let attempt = 0; attempt < 2; attempt++) {
        const trip = new Trip(item, body?.length ?? 0)
        try {
          const requested = pool.request({
            method,
            path: uri,
            headers: { ...headers, host: hostHeader },
            body: body === null ? null : onceDurable(body, deps.durable, trip),
            signal,
            headersTimeout: request.headersTimeoutMs ?? request.timeoutMs ?? DEFAULT_TIMEOUT_MS,
            bodyTimeout: 30_000,
            opaque: trip,
          })
          const answer = await unlessAborted(requested, signal)
          trip.exchange?.finish()
          item.set({ status: answer.statusCode })
          if (answer.headers[UNREACHABLE_HEADER] !== undefined) deps.onUnreachable?.(destination)
          const signed = request.unsigned !== true
          if (answer.statusCode === 200) {
            if (signed) deps.onAnswer?.(destination, false)
            return { headers: answer.headers, body: answer.body }
          }
          const retryAfter = answer.headers['retry-after']
          const refused = await refusal(destination, answer.statusCode, answer.body, retryAfter)
          if (signed && isDenial(refused, request, signer.serverName)) deps.onAnswer?.(destination, true)
          throw refused
        } catch (error) {
          lastError = error
          if (trip.exchange?.duration === undefined) trip.exchange?.fail(error)
          // A kept-alive connection that the peer closed meanwhile says nothing of the peer: once more, on a
          // new one. All requests between servers may be repeated.
          if (!isStaleConnection(error)) break
        }
      }
      if (!(lastError instanceof DialError) || signal.aborted) break
    }
    throw lastError
  }

  async function open(
    destination: ServerName,
    request: FederationRequest,
    signal: AbortSignal,
    item: LogItem,
  ): Promise<RawAnswer> {
    if (destination === signer.serverName) {
      throw new RemoteError(destination, 'This server does not send requests to itself.', {
        retryable: false,
      })
    }
    if (!deps.domainAllowed(destination)) {
      throw new RemoteError(destination, `The settings of this Hearth do not allow ${destination}.`, {
        errcode: DENIED_HERE,
        retryable: false,
      })
    }
    try {
      return await send(destination, request, signal, item)
    } catch (error) {
      throw asRemoteError(destination, error)
    }
  }

  async function readObject(
    destination: ServerName,
    answer: RawAnswer,
    request: FederationRequest,
    signal: AbortSignal,
    step: LogItem,
  ): Promise<JsonObject> {
    const maxBytes = request.maxBytes ?? DEFAULT_MAX_BYTES
    let letGo = (): void => undefined
    try {
      const parsed = await readJson(answer.body, {
        maxBytes,
        maxDepth: MAX_JSON_DEPTH,
        maxValues: Math.ceil(maxBytes / BYTES_PER_VALUE),
        largeAbove: DEFAULT_MAX_BYTES,
        largeTurn: async () => {
          letGo = await largeAnswers(destination, signal)
        },
        onText: (text, isAll) => step.body('answer', () => (isAll ? text : `${text}… (the beginning of it)`)),
        onEnd: (bytes) => step.set({ bytes }),
      }).catch((error: unknown) => {
        answer.body.on('error', () => undefined).destroy()
        throw asRemoteError(destination, error)
      })
      const reason = parsed.ok ? 'not an object' : parsed.reason
      const value =
        parsed.ok && request.wrapped === true && Array.isArray(parsed.value)
          ? (parsed.value[1] as unknown)
          : parsed.ok && parsed.value
      if (isObject(value)) return value
      throw new RemoteError(destination, `The answer is not usable JSON: ${reason}.`, {
        status: 200,
        retryable: false,
      })
    } finally {
      if (request.inUse === undefined) letGo()
      else void request.inUse.finally(letGo)
    }
  }

  /** One request is one item: a step of the operation that it belongs to, where that is known. */
  async function traced<T>(
    destination: ServerName,
    request: FederationRequest,
    work: (item: LogItem) => Promise<T>,
  ): Promise<T> {
    const values = { server: destination, method: request.method, path: request.path }
    const run = async (item: LogItem): Promise<T> => {
      try {
        return await work(item)
      } catch (error) {
        if (error instanceof RemoteError) item.set({ status: error.status, errcode: error.errcode })
        throw error
      }
    }
    if (request.log !== undefined) return await request.log.wrap('federation request', values, run)
    return await log.step('federation request', values, run)
  }

  return {
    request(destination, request) {
      return traced(destination, request, async (item) => {
        const signal = deadline(request)
        const answer = await open(destination, request, signal, item)
        return await item.wrap('answer', {}, (step) => readObject(destination, answer, request, signal, step))
      })
    },
    open: (destination, request) =>
      traced(destination, request, (item) => open(destination, request, deadline(request), item)),
  }
}

function textOf(content: JsonObject, { unsigned }: FederationRequest): string {
  return unsigned === true ? JSON.stringify(content) : canonicalJsonLenient(content)
}

function deadline(request: FederationRequest): AbortSignal {
  const timeout = AbortSignal.timeout(request.timeoutMs ?? DEFAULT_TIMEOUT_MS)
  return request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal])
}

async function refusal(
  destination: ServerName,
  status: number,
  body: Readable,
  retryAfter?: string | string[],
): Promise<RemoteError> {
  const text = await readText(body, MAX_ERROR_BYTES).catch(() => '')
  const parsed = parseJsonLimited(text, 64)
  const wait = status === 429 ? retryAfterOf(retryAfter) : {}
  const json = parsed.ok && isObject(parsed.value) ? { ...wait, ...parsed.value } : undefined
  const errcode = ownString(json, 'errcode')
  const said = ownString(json, 'error')
  return new RemoteError(
    destination,
    `${destination} answered ${status}${errcode === undefined ? '' : ` ${errcode}`}${said === undefined ? '' : `: ${said.slice(0, 500)}`}`,
    { status, errcode, body: json, retryable: isRetryable(status) },
  )
}

/**
 * A Hearth names whom its owner does not allow. Of others a transaction tells: what is wrong with an event in it,
 * a room's ACL included, stands beside that event in an answer with 200 (Server-Server API, "Transactions"), so that
 * the whole is forbidden only to the server that sends it, as by the lists that Synapse and others have.
 */
const isDenial = (
  { status, errcode, body }: RemoteError,
  { path }: FederationRequest,
  self: ServerName,
): boolean =>
  status === 403 &&
  (body?.['denied_origin'] === self ||
    (errcode === 'M_FORBIDDEN' && path.startsWith('/_matrix/federation/v1/send/')))

/** `Retry-After` in seconds, in the form of the deprecated `retry_after_ms` (Client-Server API, "Rate limiting"). */
function retryAfterOf(header: string | string[] | undefined): JsonObject {
  return typeof header === 'string' && /^\d{1,6}$/.test(header)
    ? { retry_after_ms: Number(header) * 1000 }
    : {}
}

/** Server errors pass, and so do limits; any other answer would be the same again. */
function isRetryable(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429
}

/**
 * A body of one piece. Undici sends the head of a request together with the first of its body, and has found a
 * connection and looked whether it still holds by then: all that while the disk writes.
 */
function onceDurable(body: Buffer, durable: SignedClientDeps['durable'], trip: Trip): Readable {
  async function* pieces(): AsyncGenerator<Buffer> {
    await durable?.()
    trip.leave()
    yield body
  }
  // Undici takes any `AsyncIterable`, as its documentation says and its types do not.
  return pieces() as AsyncIterable<Buffer> as Readable
}

function isStaleConnection(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}

function asRemoteError(destination: ServerName, error: unknown): RemoteError {
  if (error instanceof RemoteError) return error
  const reason = error instanceof Error ? error.message : String(error)
  const message =
    error instanceof DialError
      ? `${destination} cannot be reached: ${reason}`
      : `The request to ${destination} failed: ${reason}`
  return new RemoteError(destination, message, { retryable: true, cause: error })
}

/** undici lets go of a request only once it is connected; a caller who gave up does not wait for that. */
function unlessAborted<T extends { body: Readable }>(requested: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('given up'))
    if (signal.aborted) aborted()
    else signal.addEventListener('abort', aborted, { once: true })
    requested.then(
      (answer) => {
        signal.removeEventListener('abort', aborted)
        if (signal.aborted) answer.body.on('error', () => undefined).destroy()
        resolve(answer)
      },
      (error: unknown) => {
        signal.removeEventListener('abort', aborted)
        reject(error instanceof Error ? error : new Error(String(error)))
      },
    )
  })
}
