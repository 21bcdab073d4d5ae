import type { Context } from 'hono'
import { z } from 'zod'
import { setOwn } from '../core/json.ts'
import type { JsonObject, RoomId, UserId } from '../core/types.ts'
import { invalidParam, MatrixError, missingParam, notFound } from '../http/errors.ts'
import { jsonObject, KEYS_BODY_LIMIT, readBody } from './body.ts'
import type { Ctx, Register } from './context.ts'
import { roomIdOf } from './ids.ts'
import type { BackedUpKey, KeyBackup } from './ports.ts'

const MAX_SESSION_LENGTH = 64 * 1024

const versionBody = z.looseObject({
  algorithm: z.string().min(1).max(255),
  auth_data: jsonObject,
  version: z.string().optional(),
})
const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)
const key = z.looseObject({
  first_message_index: count,
  forwarded_count: count,
  is_verified: z.boolean(),
  session_data: jsonObject.refine(
    (data) => JSON.stringify(data).length <= MAX_SESSION_LENGTH,
    'is larger than 64 KiB',
  ),
})
const sessions = z.looseObject({ sessions: z.record(z.string().min(1).max(255), key) })
const allRooms = z.looseObject({ rooms: z.record(z.string(), sessions) })
type Key = z.infer<typeof key>

const VERSION = '/_matrix/client/v3/room_keys/version'
const KEYS = '/_matrix/client/v3/room_keys/keys'

/** `/room_keys/…` (Client-Server API, "Server-side key backups"). */
export const registerKeyBackup: Register = (app, ctx) => {
  const { accounts } = ctx

  app.post(VERSION, async (c) => {
    const { userId } = ctx.session(c)
    const body = await readBody(c, versionBody)
    return c.json({ version: String(accounts.createKeyBackup(userId, body.algorithm, body.auth_data)) })
  })
  app.get(VERSION, (c) => {
    const current = accounts.keyBackup(ctx.session(c).userId)
    if (current === undefined) throw notFound('There is no backup')
    return c.json(backupJson(current))
  })
  app.get(`${VERSION}/:version`, (c) => {
    const { userId } = ctx.session(c)
    return c.json(backupJson(existing(ctx, userId, c.req.param('version'))))
  })
  app.put(`${VERSION}/:version`, async (c) => {
    const { userId } = ctx.session(c)
    const body = await readBody(c, versionBody)
    const backup = existing(ctx, userId, c.req.param('version'))
    if (body.version !== undefined && body.version !== String(backup.version)) {
      throw invalidParam('The version of the body is not the one of the path')
    }
    if (body.algorithm !== backup.algorithm) throw invalidParam('The algorithm of a backup does not change')
    accounts.updateKeyBackup(userId, backup.version, body.auth_data)
    return c.json({})
  })
  app.delete(`${VERSION}/:version`, (c) => {
    const { userId } = ctx.session(c)
    const version = numberOf(c.req.param('version'))
    if (version === undefined || accounts.keyBackup(userId, version) === undefined) throw noBackup()
    accounts.deleteKeyBackup(userId, version)
    return c.json({})
  })

  app.put(`${KEYS}/:roomId/:sessionId`, async (c) => {
    const room = roomIdOf(c.req.param('roomId'))
    const body = await readBody(c, key, KEYS_BODY_LIMIT)
    return c.json(store(ctx, c, [[room, c.req.param('sessionId'), body]]))
  })
  app.put(`${KEYS}/:roomId`, async (c) => {
    const room = roomIdOf(c.req.param('roomId'))
    const body = await readBody(c, sessions, KEYS_BODY_LIMIT)
    return c.json(store(ctx, c, listOf(room, body.sessions)))
  })
  app.put(KEYS, async (c) => {
    const body = await readBody(c, allRooms, KEYS_BODY_LIMIT)
    const rooms = Object.entries(body.rooms)
    return c.json(
      store(
        ctx,
        c,
        rooms.flatMap(([room, ofRoom]) => listOf(roomIdOf(room), ofRoom.sessions)),
      ),
    )
  })

  app.get(`${KEYS}/:roomId/:sessionId`, (c) => {
    const { userId, version } = read(ctx, c)
    const room = roomIdOf(c.req.param('roomId'))
    const [found] = accounts.backedUpKeys(userId, version, room, c.req.param('sessionId'))
    if (found === undefined) throw notFound('This key is not in the backup')
    return c.json(keyJson(found.key))
  })
  app.get(`${KEYS}/:roomId`, (c) => {
    const { userId, version } = read(ctx, c)
    const found: JsonObject = {}
    for (const { sessionId, key: one } of accounts.backedUpKeys(
      userId,
      version,
      roomIdOf(c.req.param('roomId')),
    )) {
      setOwn(found, sessionId, keyJson(one))
    }
    return c.json({ sessions: found })
  })
  app.get(KEYS, (c) => {
    const { userId, version } = read(ctx, c)
    const rooms: { [room: string]: { sessions: JsonObject } } = {}
    for (const { roomId, sessionId, key: one } of accounts.backedUpKeys(userId, version)) {
      setOwn((rooms[roomId] ??= { sessions: {} }).sessions, sessionId, keyJson(one))
    }
    return c.json({ rooms })
  })

  const remove = (c: Context, room?: RoomId, sessionId?: string): Response => {
    const { userId, version } = read(ctx, c)
    accounts.transaction(() => {
      if (accounts.deleteBackedUpKeys(userId, version, room, sessionId) > 0)
        accounts.touchKeyBackup(userId, version)
    })
    return c.json(stateOf(ctx, userId, version))
  }
  app.delete(`${KEYS}/:roomId/:sessionId`, (c) =>
    remove(c, roomIdOf(c.req.param('roomId')), c.req.param('sessionId')),
  )
  app.delete(`${KEYS}/:roomId`, (c) => remove(c, roomIdOf(c.req.param('roomId'))))
  app.delete(KEYS, (c) => remove(c))
}

type Upload = readonly [RoomId, string, Key]

const listOf = (room: RoomId, ofRoom: Readonly<Record<string, Key>>): Upload[] =>
  Object.entries(ofRoom).map(([sessionId, one]) => [room, sessionId, one])

/** Keys go only into the current backup: whoever uses an older one has not heard that it was replaced. */
function store(ctx: Ctx, c: Context, uploads: readonly Upload[]): JsonObject {
  const { accounts } = ctx
  const { userId } = ctx.session(c)
  const current = accounts.keyBackup(userId)
  if (current === undefined) throw noBackup()
  const asked = versionQuery(c)
  if (asked !== String(current.version)) {
    throw new MatrixError(403, 'M_WRONG_ROOM_KEYS_VERSION', 'This is not the current backup', {
      current_version: String(current.version),
    })
  }
  accounts.transaction(() => {
    let changed = false
    for (const [room, sessionId, uploaded] of uploads) {
      const now: BackedUpKey = {
        firstMessageIndex: uploaded.first_message_index,
        forwardedCount: uploaded.forwarded_count,
        isVerified: uploaded.is_verified,
        sessionData: uploaded.session_data,
      }
      const [known] = accounts.backedUpKeys(userId, current.version, room, sessionId)
      if (known !== undefined && !isBetter(now, known.key)) continue
      accounts.putBackedUpKey(userId, current.version, room, sessionId, now)
      changed = true
    }
    if (changed) accounts.touchKeyBackup(userId, current.version)
  })
  return stateOf(ctx, userId, current.version)
}

/** Verified before unverified, then what decrypts more, then what went through fewer hands. */
function isBetter(a: BackedUpKey, b: BackedUpKey): boolean {
  if (a.isVerified !== b.isVerified) return a.isVerified
  if (a.firstMessageIndex !== b.firstMessageIndex) return a.firstMessageIndex < b.firstMessageIndex
  return a.forwardedCount < b.forwardedCount
}

function read(ctx: Ctx, c: Context): { userId: UserId; version: number } {
  const { userId } = ctx.session(c)
  return { userId, version: existing(ctx, userId, versionQuery(c)).version }
}

function versionQuery(c: Context): string {
  const version = c.req.query('version')
  if (version === undefined) throw missingParam('`version` is missing')
  return version
}

function existing(ctx: Ctx, userId: UserId, version: string): KeyBackup {
  const number = numberOf(version)
  const backup = number === undefined ? undefined : ctx.accounts.keyBackup(userId, number)
  if (backup === undefined || backup.deleted) throw noBackup()
  return backup
}

const numberOf = (version: string): number | undefined =>
  /^[1-9][0-9]{0,14}$/.test(version) ? Number(version) : undefined

const noBackup = (): MatrixError => notFound('There is no such backup')

function stateOf(ctx: Ctx, userId: UserId, version: number): JsonObject {
  const backup = ctx.accounts.keyBackup(userId, version)
  return { etag: String(backup?.etag ?? 0), count: backup?.count ?? 0 }
}

const backupJson = (backup: KeyBackup): JsonObject => ({
  algorithm: backup.algorithm,
  auth_data: backup.authData,
  count: backup.count,
  etag: String(backup.etag),
  version: String(backup.version),
})

const keyJson = (one: BackedUpKey): JsonObject => ({
  first_message_index: one.firstMessageIndex,
  forwarded_count: one.forwardedCount,
  is_verified: one.isVerified,
  session_data: one.sessionData,
})
