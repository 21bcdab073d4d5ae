import { z } from 'zod'
import { parseEventId, parseRoomId, parseUserId } from '../../core/ids.ts'
import { isObject } from '../../core/json.ts'
import type { EventId, JsonObject, KeyId, RoomId, ServerName, Signer, UserId } from '../../core/types.ts'
import type { DirectBody } from '../../http/direct-body.ts'
import { badJson, invalidParam, missingParam } from '../../http/errors.ts'
import type { Rooms } from '../../rooms/api.ts'
import type { Clock } from '../../trace/clock.ts'
import type { LogItem, Logger } from '../../trace/log.ts'
import type { MediaRange } from '../media-range.ts'
import type { PublishedKeys } from './notary.ts'

/** What `federation/in/` needs to know of keys; the key ring of `federation/out/` is one. */
export interface RequestKeys {
  requestKey(
    server: ServerName,
    keyId: KeyId,
  ): Promise<{ result: 'found'; publicKey: string } | { result: 'invalid' | 'unavailable'; reason: string }>
}

/** A file, or the part of it that was asked for. */
export interface OpenedMedia {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
  /** Instead of reading `stream`. */
  readonly send?: DirectBody
  readonly contentType: string
  readonly filename?: string | undefined
  /** Of the whole file. */
  readonly size?: number | undefined
  /** Hex. */
  readonly sha256?: string | undefined
  readonly range?: { readonly start: number; readonly end: number } | undefined
}

/** Media uploaded to this server; undefined where there is none of this id. */
export interface MediaForServers {
  open(
    mediaId: string,
    options?: { range?: MediaRange | undefined; timeoutMs?: number },
  ): Promise<OpenedMedia | undefined>
  thumbnail(
    mediaId: string,
    wanted: { width: number; height: number; method: 'crop' | 'scale'; animated: boolean },
    options?: { timeoutMs?: number },
  ): Promise<OpenedMedia | 'no-thumbnail' | undefined>
}

/** Encryption keys of local users; each method answers in the form that the specification gives the endpoint. */
export interface UserKeys {
  /** `{ device_keys, master_keys, self_signing_keys }` of these users; no devices named means all. */
  query(
    origin: ServerName,
    users: readonly { user: UserId; devices: readonly string[] }[],
  ): Promise<JsonObject> | JsonObject
  /** `{ <key id>: <key> }`, handed out once; undefined where none is left. */
  claim(
    user: UserId,
    device: string,
    algorithm: string,
  ): Promise<JsonObject | undefined> | JsonObject | undefined
  /** `{ user_id, stream_id, devices, master_key, self_signing_key }`. */
  devices(origin: ServerName, user: UserId): Promise<JsonObject | undefined> | JsonObject | undefined
}

export interface FederationDeps {
  readonly serverName: ServerName
  readonly signer: Signer
  /** Keys that this server no longer signs with; `expiredTs` in milliseconds. */
  readonly oldKeys?: () => readonly { keyId: KeyId; publicKey: string; expiredTs: number }[]
  /** An answer with keys from before this moment is made anew. */
  readonly keysFreshSince?: (() => number) | undefined
  readonly rooms: Rooms
  readonly keyRing: RequestKeys
  readonly log: Logger
  readonly clock: Clock
  readonly domainAllowed: (server: ServerName) => boolean
  /** Profile of a local user; undefined where there is no such user. */
  readonly profile: (userId: UserId) => JsonObject | undefined
  readonly media?: MediaForServers | undefined
  /** What other servers published of their keys; without it, this server is a notary of its own keys only. */
  readonly published?: PublishedKeys | undefined
  /** Who asked for this OpenID token, while it is valid; without it, no token is. */
  readonly openIdUser?: ((token: string) => UserId | undefined) | undefined
  /** What `/.well-known/matrix/…` says; undefined is a 404. */
  readonly wellKnown?: { server(): JsonObject | undefined; client(): JsonObject | undefined } | undefined
  /** Without it, the endpoints for encryption keys do not exist. */
  readonly keys?: UserKeys | undefined
  /** A request of this server was authenticated: it is alive. `from` is where it may be called back. */
  readonly onInbound?:
    | ((server: ServerName, from: { host: string; port: number } | undefined) => void)
    | undefined
  /** A request in the name of a server that the settings deny was turned away, unread and unproven. */
  readonly onDenied?: ((server: ServerName) => void) | undefined
  /** Can this server dial the other one? Who cannot be dialled is told so with each answer. */
  readonly reaches?: ((server: ServerName) => boolean) | undefined
  /** As `reaches`, of whoever listens there: for requests that do not say who asks. */
  readonly reachesAddress?: ((address: { host: string; port: number }) => boolean) | undefined
  /** False for benchmarks and test suites. */
  readonly rateLimits: boolean
  readonly version: string
  /** Further endpoints, by whoever connects the parts. */
  readonly endpoints?: readonly Endpoint[]
}

/** One authenticated request, as an endpoint gets it. */
export interface Call {
  readonly origin: ServerName
  /** Percent-decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** A header of the request, which is no part of what was signed. */
  readonly header: (name: string) => string | undefined
  /** The parsed body of PUT and POST, `{}` otherwise. */
  readonly body: JsonObject
  readonly log: LogItem
}

export interface Endpoint {
  readonly method: 'GET' | 'PUT' | 'POST'
  /** With `:name` for parameters. */
  readonly path: string
  /** Largest body in bytes. */
  readonly maxBody?: number
  /** A JSON value or a ready response, or a promise of one; throws `RoomError` or `MatrixError` to refuse. */
  handle(call: Call, deps: FederationDeps): unknown
}

export function roomIdParam(call: Call): RoomId {
  const id = parseRoomId(call.params['roomId'])
  if (id === undefined) throw invalidParam('The path has no valid room ID.')
  return id
}

export function eventIdParam(call: Call): EventId {
  const id = parseEventId(call.params['eventId'])
  if (id === undefined) throw invalidParam('The path has no valid event ID.')
  return id
}

export function userIdParam(call: Call): UserId {
  const user = parseUserId(call.params['userId'])
  if (user === undefined) throw invalidParam('The path has no valid user ID.')
  return user.userId
}

export function eventIdQuery(call: Call): EventId {
  const value = call.query.get('event_id')
  if (value === null) throw missingParam('The query has no event_id.')
  const id = parseEventId(value)
  if (id === undefined) throw invalidParam('The event_id of the query is not an event ID.')
  return id
}

/** A whole number, between `min` and `max` whatever was asked. */
export function clamp(value: number | undefined, fallback: number, min: number, max: number): number {
  return Math.min(
    max,
    Math.max(min, Math.trunc(value !== undefined && Number.isFinite(value) ? value : fallback)),
  )
}

export const jsonObject = z.custom<JsonObject>(isObject, 'must be an object')
export const eventIdList = z.array(
  z.custom<EventId>((value) => parseEventId(value) !== undefined, 'must be an event ID'),
)

/** The body in the form that the endpoint needs, or 400 `M_BAD_JSON` naming the field. */
export function parseBody<T>(shape: z.ZodType<T>, call: Call): T {
  const parsed = shape.safeParse(call.body)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw badJson(
    issue === undefined ? 'The body is not usable.' : `${issue.path.join('.') || 'body'}: ${issue.message}`,
  )
}
