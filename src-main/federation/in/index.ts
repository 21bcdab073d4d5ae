import { Hono, type Context } from 'hono'
import { PORT_HEADER, readPort, UNREACHABLE_HEADER } from '../port-header.ts'
import type { JsonObject } from '../../core/types.ts'
import { MatrixError } from '../../http/errors.ts'
import { jsonInSlices } from '../../http/json-in-slices.ts'
import { RoomError } from '../../rooms/api.ts'
import { deniedOrigin } from '../../rooms/denied-server.ts'
import type { LogItem, LogValues } from '../../trace/log.ts'
import { readAuthorization, verifyRequest } from './authenticate.ts'
import { backfill } from './backfill.ts'
import { createBodyBudget } from './body-budget.ts'
import type { Endpoint, FederationDeps } from './endpoint.ts'
import { eventAuth } from './event-auth.ts'
import { event } from './event.ts'
import { hierarchy } from './hierarchy.ts'
import { getPublicRooms, queryPublicRooms } from './public-rooms.ts'
import { exchangeThirdPartyInvite } from './exchange-third-party-invite.ts'
import { getMissingEvents } from './get-missing-events.ts'
import { inviteV1, inviteV2 } from './invite.ts'
import { createPeerLimits } from './limits.ts'
import { makeJoin, makeKnock, makeLeave } from './make-membership.ts'
import { mediaDownload, mediaThumbnail } from './media-download.ts'
import { openEndpoints, type OpenEndpoint } from './open-endpoints.ts'
import { queryDirectory } from './query-directory.ts'
import { queryProfile } from './query-profile.ts'
import { readJsonObject, type Body } from './read-body.ts'
import { sendJoinV1, sendJoinV2 } from './send-join.ts'
import { sendKnock } from './send-knock.ts'
import { sendLeaveV1, sendLeaveV2 } from './send-leave.ts'
import { createSend } from './send.ts'
import { stateIds } from './state-ids.ts'
import { state } from './state.ts'
import { createTrafficLimits } from './traffic-limits.ts'
import { timestampToEvent } from './timestamp-to-event.ts'
import { claimKeys, queryKeys, userDevices } from './user-keys.ts'

export type { Call, Endpoint, FederationDeps, OpenedMedia, RequestKeys, UserKeys } from './endpoint.ts'

const endpoints: readonly Endpoint[] = [
  makeJoin,
  makeLeave,
  makeKnock,
  sendJoinV1,
  sendJoinV2,
  sendLeaveV1,
  sendLeaveV2,
  sendKnock,
  inviteV1,
  inviteV2,
  exchangeThirdPartyInvite,
  event,
  state,
  stateIds,
  eventAuth,
  backfill,
  getMissingEvents,
  timestampToEvent,
  getPublicRooms,
  queryPublicRooms,
  hierarchy,
  queryProfile,
  queryDirectory,
  mediaDownload,
  mediaThumbnail,
]

const DEFAULT_MAX_BODY = 1024 * 1024
/** In memory at the same time, in bytes. */
const MAX_BODIES_OF_ONE = 32 * 1024 * 1024
const MAX_BODIES = 128 * 1024 * 1024
const BODY_TIMEOUT_MS = 60_000
const ANSWER_TIMEOUT_MS = 5 * 60_000

/** The Server-Server API of this node, as a function from `Request` to `Response`. */
export function createFederationApp(deps: FederationDeps): Hono {
  const app = new Hono()
  const { clock } = deps
  const unlimited = { enter: () => () => undefined }
  // By address before anything is known; by name once that is proved. A whole LAN may sit behind one address.
  const byAddress = deps.rateLimits
    ? createPeerLimits({ clock, perSecond: 200, burst: 1000, parallel: 128 })
    : unlimited
  const byServer = deps.rateLimits
    ? createPeerLimits({ clock, perSecond: 100, burst: 500, parallel: 64 })
    : unlimited

  const bodies = createBodyBudget({ ofOne: MAX_BODIES_OF_ONE, ofAll: MAX_BODIES })

  async function answer(endpoint: Endpoint, c: Context, item: LogItem): Promise<Response> {
    const account = bodies.open(remoteAddress(c))
    try {
      return await answerBody(endpoint, c, item, (bytes) => account.add(bytes))
    } finally {
      account.end()
    }
  }

  async function answerBody(
    endpoint: Endpoint,
    c: Context,
    item: LogItem,
    count: (bytes: number) => void,
  ): Promise<Response> {
    const auth = readAuthorization(c.req.header('authorization'), deps.serverName)
    item.set({ server: auth.origin, ...subjectsOf(c.req.param()) })
    if (!deps.domainAllowed(auth.origin)) {
      deps.onDenied?.(auth.origin)
      throw deniedOrigin(deps.serverName, auth.origin)
    }
    const hasBody = endpoint.method !== 'GET'
    let bytes = 0
    const counted = (more: number): void => {
      bytes += more
      count(more)
    }
    const body: JsonObject = hasBody
      ? await item.wrap('read body', {}, () =>
          readJsonObject(bodyOf(c), endpoint.maxBody ?? DEFAULT_MAX_BODY, BODY_TIMEOUT_MS, clock, counted),
        )
      : {}
    if (hasBody) item.set({ bytes }).body('request', () => JSON.stringify(body))
    const uri = requestTarget(c)
    const content = hasBody ? body : undefined
    await item.wrap('authenticate', { key: auth.key }, () =>
      verifyRequest(auth, { method: endpoint.method, uri, content }, deps.serverName, deps.keyRing),
    )
    item.set({ proven: true })
    const leave = byServer.enter(auth.origin)
    try {
      deps.onInbound?.(auth.origin, callBackAddress(c))
      const query = new URLSearchParams(uri.includes('?') ? uri.slice(uri.indexOf('?')) : '')
      const header = (name: string): string | undefined => c.req.header(name)
      const call = { origin: auth.origin, params: c.req.param(), query, header, body, log: item }
      const result = await item.wrap('handle', {}, () => endpoint.handle(call, deps))
      if (!(result instanceof Response)) item.body('answer', () => JSON.stringify(result))
      const response = result instanceof Response ? result : await jsonInSlices(result)
      if (deps.reaches?.(auth.origin) === false) response.headers.set(UNREACHABLE_HEADER, '1')
      return response
    } finally {
      leave()
    }
  }

  /** One logged request, within its limits and its time, with every error as Matrix JSON. */
  async function guarded(c: Context, work: (item: LogItem) => Promise<Response>): Promise<Response> {
    const values = { method: c.req.method, path: c.req.path }
    return deps.log.run('federation in', values, async (item) => {
      let response: Response
      try {
        const leave = byAddress.enter(remoteAddress(c))
        // Late or not, the place is taken until the work is really done.
        const running = work(item).finally(leave)
        response = await inTime(running, deps)
      } catch (error) {
        response = errorResponse(error, item)
      }
      item.set({ status: response.status })
      return response
    })
  }

  async function answerOpenly(endpoint: OpenEndpoint, c: Context): Promise<Response> {
    const result = await endpoint.handle({
      params: c.req.param(),
      query: new URL(c.req.url).searchParams,
      address: remoteAddress(c),
      body:
        endpoint.method === 'GET'
          ? {}
          : await readJsonObject(bodyOf(c), endpoint.maxBody ?? DEFAULT_MAX_BODY, BODY_TIMEOUT_MS, clock),
    })
    const response = result instanceof Response ? result : Response.json(result)
    const from = callBackAddress(c)
    if (from !== undefined && deps.reachesAddress?.(from) === false)
      response.headers.set(UNREACHABLE_HEADER, '1')
    return response
  }

  const open = openEndpoints(deps)
  for (const endpoint of open) {
    app.on(endpoint.method, endpoint.path, (c) => guarded(c, () => answerOpenly(endpoint, c)))
  }
  const all = [
    createSend(deps.rateLimits ? createTrafficLimits(clock) : undefined),
    ...endpoints,
    ...(deps.keys === undefined ? [] : [queryKeys, claimKeys, userDevices]),
    ...(deps.endpoints ?? []),
  ]
  for (const endpoint of all) {
    app.on(endpoint.method, endpoint.path, (c) => guarded(c, (item) => answer(endpoint, c, item)))
  }
  // Known paths with another method; then everything else ("Unsupported endpoints").
  for (const path of new Set([...open, ...all].map((endpoint) => endpoint.path))) {
    app.all(path, () => unrecognized(405, 'This endpoint does not take that method.'))
  }
  app.notFound(() => unrecognized(404, 'There is no such endpoint here.'))
  app.onError((error) => deps.log.run('federation in', {}, (item) => errorResponse(error, item)))
  return app
}

/** What the path names, as everywhere in the log. */
function subjectsOf(params: Record<string, string | undefined>): LogValues {
  const { roomId, eventId, userId } = params
  return { room: roomId, event: eventId, user: userId }
}

/** Path and query as they stood in the request line: that is what was signed. */
function requestTarget(c: Context): string {
  const raw = (c.env as { incoming?: { url?: unknown } } | undefined)?.incoming?.url
  if (typeof raw === 'string' && raw.startsWith('/')) return raw
  const url = c.req.raw.url
  return url.slice(url.indexOf('/', url.indexOf('//') + 2))
}

function bodyOf(c: Context): Body {
  return { request: c.req.raw, env: c.env }
}

function callBackAddress(c: Context): { host: string; port: number } | undefined {
  const port = readPort(c.req.header(PORT_HEADER))
  const host = remoteAddress(c).replace(/^::ffff:(?=\d+\.)/, '')
  return port === undefined || host === '' ? undefined : { host, port }
}

function remoteAddress(c: Context): string {
  const incoming = (c.env as { incoming?: { socket?: { remoteAddress?: unknown } } } | undefined)?.incoming
  const address = incoming?.socket?.remoteAddress
  return typeof address === 'string' ? address : ''
}

function inTime(work: Promise<Response>, { clock }: FederationDeps): Promise<Response> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimeout(
      () => reject(new MatrixError(504, 'M_UNKNOWN', 'This took too long; try again.')),
      ANSWER_TIMEOUT_MS,
    )
    work.then(resolve, reject).finally(cancel)
  })
}

function errorResponse(error: unknown, item: LogItem): Response {
  if (error instanceof RoomError || error instanceof MatrixError) {
    item.note('refused', { errcode: error.errcode, reason: error.message }, 'info')
    return Response.json(
      { ...error.extra, errcode: error.errcode, error: error.message },
      { status: error.status },
    )
  }
  item.fail(error)
  item.raise('error')
  // By name: this layer does not know storage.
  if (error instanceof Error && error.name === 'DiskFullError') {
    const words = 'The disk of this server is full; nothing of this was taken. Try again later.'
    return Response.json({ errcode: 'M_UNKNOWN', error: words }, { status: 507 })
  }
  return Response.json(
    { errcode: 'M_UNKNOWN', error: 'Something went wrong in this server.' },
    { status: 500 },
  )
}

function unrecognized(status: 404 | 405, message: string): Response {
  return Response.json({ errcode: 'M_UNRECOGNIZED', error: message }, { status })
}
