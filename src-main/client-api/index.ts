import { ServerResponse } from 'node:http'
import { Hono, type Context } from 'hono'
import { MatrixError } from '../http/errors.ts'
import { pathOf } from '../http/path-of.ts'
import { RoomError } from '../rooms/api.ts'
import { deniedServer } from '../rooms/denied-server.ts'
import { DENIED_HERE, RemoteError } from '../rooms/ports.ts'
import { registerAccountData } from './account-data.ts'
import { registerAccountPassword } from './account-password.ts'
import { registerCapabilities } from './capabilities.ts'
import { createSessionCheck, type ClientAppDeps, type Ctx, type Register } from './context.ts'
import { registerCreateRoom } from './create-room.ts'
import { registerCrossSigning } from './cross-signing.ts'
import { registerDevices } from './devices.ts'
import { registerDirectory } from './directory.ts'
import { registerEventContext } from './event-context.ts'
import { registerHearth } from './hearth/index.ts'
import { registerMediaKey } from './hearth/media-key.ts'
import { registerHierarchy } from './hierarchy.ts'
import { serverOf } from './ids.ts'
import { registerKeyBackup } from './key-backup.ts'
import { registerKeys } from './keys.ts'
import { registerLogin } from './login.ts'
import { registerLogout } from './logout.ts'
import { registerMediaRoutes } from './media/index.ts'
import { createMediaKeys } from './media-keys.ts'
import { registerOpenId } from './openid.ts'
import { registerMembers } from './members.ts'
import { registerMembership } from './membership.ts'
import { registerMessages } from './messages.ts'
import type { Session } from './ports.ts'
import { registerNotifications } from './notifications.ts'
import { registerPresence } from './presence.ts'
import { registerPreviewUrl } from './preview-url.ts'
import { registerProfile } from './profile.ts'
import { registerPublicRooms } from './public-rooms.ts'
import { registerPushRules } from './push-rules.ts'
import { createPushRules } from './push/rules.ts'
import { createUnreadCounts } from './push/unread.ts'
import { registerPushers } from './pushers.ts'
import { createRateLimiter } from './rate-limit.ts'
import { rememberProfiles } from './remote-profiles.ts'
import { registerReceipts } from './receipts.ts'
import { registerRegister } from './register.ts'
import { registerRelations } from './relations.ts'
import { registerRoomEvent } from './room-event.ts'
import { registerRoomState } from './room-state.ts'
import { registerSearch } from './search.ts'
import { registerSendEvent } from './send-event.ts'
import { registerSendToDevice } from './send-to-device.ts'
import { registerSharedSecret } from './shared-secret-register.ts'
import { registerSmallEndpoints } from './small-endpoints.ts'
import { registerSync } from './sync/index.ts'
import { registerTags } from './tags.ts'
import { registerTyping } from './typing.ts'
import { createInteractiveAuth, UiaChallenge } from './uia.ts'
import { registerUserDirectory } from './user-directory.ts'
import { registerUserFilter } from './user-filter.ts'
import { registerUpgrade } from './upgrade.ts'
import { registerTimestampToEvent } from './timestamp-to-event.ts'
import { registerRoomSummary } from './room-summary.ts'
import { registerReport } from './reports/report.ts'
import { registerMutualRooms } from './mutual-rooms.ts'
import { registerVersions } from './versions.ts'
import { registerWhoami } from './whoami.ts'

const endpoints: readonly Register[] = [
  registerVersions,
  registerCapabilities,
  registerLogin,
  registerLogout,
  registerWhoami,
  registerRegister,
  registerSharedSecret,
  registerAccountPassword,
  registerDevices,
  registerUserFilter,
  registerSync,
  registerCreateRoom,
  registerMembership,
  registerSendEvent,
  registerRoomState,
  registerMembers,
  registerMessages,
  registerEventContext,
  registerRoomEvent,
  registerRelations,
  registerSearch,
  registerHierarchy,
  registerDirectory,
  registerPublicRooms,
  registerProfile,
  registerAccountData,
  registerTags,
  registerPushRules,
  registerPushers,
  registerTyping,
  registerReceipts,
  registerNotifications,
  registerPresence,
  registerPreviewUrl,
  registerUserDirectory,
  registerKeys,
  registerKeyBackup,
  registerCrossSigning,
  registerSendToDevice,
  registerUpgrade,
  registerTimestampToEvent,
  registerRoomSummary,
  registerMutualRooms,
  registerReport,
  registerOpenId,
  registerSmallEndpoints,
  registerHearth,
  registerMediaKey,
]

/**
 * The Client-Server API and the private API as one Hono app: `app.fetch(request, env)`. `env` is the
 * listener's `{ incoming, outgoing }`; rate limits take the peer's address from it.
 */
export function createClientApp(deps: ClientAppDeps): Hono {
  const app = new Hono({ getPath: canonicalPath })
  const limiter = createRateLimiter(deps.clock, deps.rateLimits)
  const pushRules = createPushRules(deps.accounts)
  const ctx: Ctx = {
    ...deps,
    remoteProfile: rememberProfiles(deps),
    limiter,
    pushRules,
    uia: createInteractiveAuth({ ...deps, limiter }),
    unread: createUnreadCounts(deps.reader, pushRules),
    session: createSessionCheck(deps.accounts, deps.clock),
    mediaKeys: createMediaKeys(deps),
    isLocal: (userId) => serverOf(userId) === deps.serverName,
  }

  app.use(async (c, next) => {
    if (c.req.method === 'OPTIONS') return c.body(null, 204, cors)
    await next()
    allowEveryOrigin(c, c.res)
  })
  for (const register of endpoints) register(app, ctx)
  if (deps.media !== undefined) {
    const { media } = deps
    const readSession = (c: Context): Session => ctx.mediaKeys.session(c) ?? ctx.session(c)
    registerMediaRoutes(app, { media, session: ctx.session, readSession })
  }
  app.notFound((c) => unrecognized(c, app))
  app.onError((error, c) => {
    const response = errorResponse(error, deps)
    allowEveryOrigin(c, response)
    c.res = undefined
    return response
  })
  return app
}

/** Client-Server API, "Web Browser Clients". */
const cors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
  'Access-Control-Allow-Headers': 'X-Requested-With, Content-Type, Authorization',
}

/** Straight to the socket where there is one: the headers of a response are dear to change once it is made. */
function allowEveryOrigin(c: Context, response: Response): void {
  const outgoing = (c.env as { outgoing?: unknown } | undefined)?.outgoing
  for (const [name, value] of Object.entries(cors)) {
    if (outgoing instanceof ServerResponse) outgoing.setHeader(name, value)
    else response.headers.set(name, value)
  }
}

/** Older clients say `r0` where the paths have not changed since. */
function canonicalPath(request: Request): string {
  const path = pathOf(request.url)
  return path.startsWith(OLD_PATHS) ? `/_matrix/client/v3/${path.slice(OLD_PATHS.length)}` : path
}

const OLD_PATHS = '/_matrix/client/r0/'

/** 405 where the path is known with another method, else 404; both M_UNRECOGNIZED. */
function unrecognized(c: Context, app: Hono): Response {
  const path = canonicalPath(c.req.raw)
  const methods = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'].filter((method) => method !== c.req.method)
  const isKnown = methods.some((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.path !== '/*' && route.path !== '*'),
  )
  return Response.json(
    {
      errcode: 'M_UNRECOGNIZED',
      error: isKnown ? 'Wrong method for this endpoint' : 'There is no such endpoint',
    },
    { status: isKnown ? 405 : 404, headers: cors },
  )
}

function errorResponse(error: Error, deps: ClientAppDeps): Response {
  if (error instanceof UiaChallenge) return Response.json(error.answer, { status: 401 })
  if (error instanceof MatrixError || error instanceof RoomError) {
    const headers = new Headers()
    const wait = error.extra['retry_after_ms']
    if (typeof wait === 'number') headers.set('Retry-After', String(Math.ceil(wait / 1000)))
    const body = { errcode: error.errcode, error: error.message, ...error.extra }
    return Response.json(body, { status: error.status, headers })
  }
  if (error instanceof RemoteError && error.errcode === DENIED_HERE)
    return errorResponse(deniedServer(error.destination), deps)
  if (error instanceof RemoteError) {
    const known = error.errcode !== undefined && error.status !== undefined && error.status < 500
    return Response.json(
      {
        errcode: known ? error.errcode : 'M_UNKNOWN',
        error: known ? error.message : `${error.destination} cannot be reached: ${error.message}`,
      },
      { status: known ? error.status : 502 },
    )
  }
  // By name: this layer does not know storage.
  if (error.name === 'DiskFullError') {
    deps.log.note('client request failed', { error: error.message }, 'error')
    const words =
      'The disk of this server is full, so this was not saved. Try again when space has been freed.'
    return Response.json({ errcode: 'M_UNKNOWN', error: words }, { status: 507 })
  }
  deps.log.note('client request failed', { error: error.stack ?? error.message }, 'error')
  return Response.json({ errcode: 'M_UNKNOWN', error: 'Internal server error' }, { status: 500 })
}

export { createLoginToken } from './login.ts'
export { createNotifier, type Notifier } from './notifier.ts'
export { requireOwner } from './hearth/index.ts'
export { hashPassword } from './password.ts'
export type { ClientAppDeps, Ctx, HearthHooks } from './context.ts'
export type { AccountStore } from './ports.ts'
