import type { Context } from 'hono'
import type { Json, JsonObject, UserId } from '../core/types.ts'
import { MatrixError, missingParam, notFound } from '../http/errors.ts'
import { DENIED_HERE, RemoteError } from '../rooms/ports.ts'
import { jsonObject, readBody } from './body.ts'
import { requireSelf, type Ctx, type Register } from './context.ts'
import { userIdOf } from './ids.ts'
import { rates } from './rate-limit.ts'

const FIELD = /^(avatar_url|displayname|m\.tz|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+)$/
const MAX_FIELD_BYTES = 255
const MAX_PROFILE_BYTES = 64 * 1024
const MAX_NAME = 255

/** GET /profile/{userId}; GET, PUT and DELETE /profile/{userId}/{keyName} */
export const registerProfile: Register = (app, ctx) => {
  const path = '/_matrix/client/v3/profile/:userId'
  app.get(path, async (c) => c.json(await profileOf(ctx, userIdOf(c.req.param('userId'), 'userId'))))

  app.get(`${path}/:keyName`, async (c) => {
    const field = c.req.param('keyName')
    const profile = await profileOf(ctx, userIdOf(c.req.param('userId'), 'userId'), field)
    const value = Object.hasOwn(profile, field) ? profile[field] : undefined
    if (value === undefined) throw notFound('The profile has no such field')
    return c.json({ [field]: value })
  })

  app.put(`${path}/:keyName`, async (c) => {
    const { user, field } = writeTarget(c, ctx)
    const body = await readBody(c, jsonObject, MAX_PROFILE_BYTES)
    const value = Object.hasOwn(body, field) ? body[field] : undefined
    if (value === undefined) throw missingParam(`\`${field}\` is missing`)
    await setField(ctx, user, field, value === null ? undefined : checked(field, value))
    return c.json({})
  })

  app.delete(`${path}/:keyName`, async (c) => {
    const { user, field } = writeTarget(c, ctx)
    await setField(ctx, user, field, undefined)
    return c.json({})
  })
}

function writeTarget(c: Context, ctx: Ctx): { user: UserId; field: string } {
  const user = requireSelf(ctx.session(c), c.req.param('userId') ?? '')
  ctx.limiter.take(rates.profile, user)
  const field = c.req.param('keyName') ?? ''
  if (Buffer.byteLength(field) > MAX_FIELD_BYTES) {
    throw new MatrixError(400, 'M_KEY_TOO_LARGE', 'The field’s name is longer than 255 bytes')
  }
  if (!FIELD.test(field))
    throw new MatrixError(400, 'M_INVALID_PARAM', 'This cannot be a profile field’s name')
  return { user, field }
}

function checked(field: string, value: Json): Json | undefined {
  if (field !== 'displayname' && field !== 'avatar_url' && field !== 'm.tz') return value
  if (typeof value !== 'string') throw new MatrixError(400, 'M_BAD_JSON', `\`${field}\` must be a string`)
  if (field === 'displayname' && value.length > MAX_NAME) {
    throw new MatrixError(400, 'M_INVALID_PARAM', `A display name has at most ${MAX_NAME} characters`)
  }
  if (field === 'avatar_url' && value !== '' && !value.startsWith('mxc://')) {
    throw new MatrixError(400, 'M_INVALID_PARAM', '`avatar_url` must be an mxc:// address')
  }
  return value === '' ? undefined : value
}

async function setField(ctx: Ctx, user: UserId, field: string, value: Json | undefined): Promise<void> {
  const before = ctx.accounts.profileFields(user) ?? {}
  const after: JsonObject = { ...before }
  if (value === undefined) delete after[field]
  else after[field] = value
  if (Buffer.byteLength(JSON.stringify(after)) > MAX_PROFILE_BYTES) {
    throw new MatrixError(400, 'M_PROFILE_TOO_LARGE', 'A profile has at most 64 KiB')
  }
  if (JSON.stringify(before[field]) === JSON.stringify(value)) return
  ctx.accounts.setProfileField(user, field, value)
  if (field !== 'displayname' && field !== 'avatar_url') return
  if (field === 'displayname' && user === ctx.owner) {
    ctx.hearth.setNearbyName?.(typeof value === 'string' ? value : undefined)
  }
  await ctx.rooms.updateProfileInRooms(user)
}

/** A local user's profile, or what their server answers. */
async function profileOf(ctx: Ctx, user: UserId, field?: string): Promise<JsonObject> {
  if (ctx.isLocal(user)) {
    const fields = ctx.accounts.profileFields(user)
    if (fields === undefined) throw notFound('There is no such user')
    return fields
  }
  try {
    return await ctx.remoteProfile(user, field)
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error
    // What rooms know of the user is better than nothing while their server is away.
    const known = profileFromRooms(ctx, user)
    if (known !== undefined) return known
    if (error.errcode === DENIED_HERE) throw error
    if (error.status === 404) throw notFound('There is no such user')
    if (error.status === 403)
      throw new MatrixError(403, 'M_FORBIDDEN', 'Their server does not tell the profile')
    throw new MatrixError(502, 'M_UNKNOWN', 'The user’s server cannot be reached')
  }
}

export function profileFromRooms(ctx: Ctx, user: UserId): JsonObject | undefined {
  for (const { roomId } of ctx.reader.listRooms()) {
    const member = ctx.reader.member(roomId, user)
    if (member?.membership !== 'join') continue
    const json: JsonObject = {}
    if (member.displayName !== undefined) json['displayname'] = member.displayName
    if (member.avatarUrl !== undefined) json['avatar_url'] = member.avatarUrl
    return json
  }
  return undefined
}
