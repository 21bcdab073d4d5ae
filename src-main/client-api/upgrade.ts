import { z } from 'zod'
import { isRoomVersion } from '../core/room-versions.ts'
import type { JsonObject, RoomId, UserId } from '../core/types.ts'
import { MatrixError } from '../http/errors.ts'
import { RoomError } from '../rooms/api.ts'
import { readBody } from './body.ts'
import { requireJoined, type Ctx, type Register } from './context.ts'
import { roomIdOf } from './ids.ts'
import { rates } from './rate-limit.ts'

const body = z.looseObject({ new_version: z.string(), additional_creators: z.array(z.string()).optional() })

/** State that the new room takes over ("Room Upgrades", server behaviour). */
const carried = [
  'm.room.server_acl',
  'm.room.encryption',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.guest_access',
  'm.room.history_visibility',
  'm.room.join_rules',
  'm.room.power_levels',
] as const

/** POST /rooms/{roomId}/upgrade */
export const registerUpgrade: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/rooms/:roomId/upgrade', async (c) => {
    const { userId } = ctx.session(c)
    ctx.limiter.take(rates.createRoom, userId)
    const roomId = roomIdOf(c.req.param('roomId'))
    const { new_version: version, additional_creators: creators } = await readBody(c, body)
    requireJoined(ctx, userId, roomId)
    if (!isRoomVersion(version)) {
      throw new MatrixError(400, 'M_UNSUPPORTED_ROOM_VERSION', 'This server does not know that room version')
    }
    const create = content(ctx, roomId, 'm.room.create') ?? {}
    const { creator: _creator, room_version: _version, additional_creators: _others, ...kept } = create
    const creationContent: JsonObject = { ...kept, predecessor: { room_id: roomId } }
    if (creators !== undefined && version === '12') creationContent['additional_creators'] = creators

    const replacement = await ctx.rooms.createRoom({
      creator: userId,
      roomVersion: version,
      preset: 'private_chat',
      creationContent,
      initialState: carriedState(ctx, roomId, userId, version),
    })
    try {
      await ctx.rooms.sendEvent({
        roomId,
        sender: userId,
        type: 'm.room.tombstone',
        stateKey: '',
        content: { body: 'This room has been replaced', replacement_room: replacement },
      })
    } catch (error) {
      // Without the tombstone nobody finds the new room: it must not stay as a stray.
      await ctx.rooms.leaveRoom({ user: userId, roomId: replacement })
      throw error
    }
    await lockOldRoom(ctx, roomId, userId)
    return c.json({ replacement_room: replacement })
  })
}

const content = (ctx: Ctx, roomId: RoomId, type: string): JsonObject | undefined =>
  ctx.reader.currentStateEvent(roomId, type, '')?.pdu.content

function carriedState(
  ctx: Ctx,
  roomId: RoomId,
  user: UserId,
  version: string,
): { type: string; stateKey: string; content: JsonObject }[] {
  return carried.flatMap((type) => {
    const value = content(ctx, roomId, type)
    if (value === undefined) return []
    if (type !== 'm.room.power_levels' || version !== '12') return [{ type, stateKey: '', content: value }]
    // From version 12 the creator outranks every level, and may not be listed.
    const { [user]: _creator, ...users } = (value['users'] ?? {}) as JsonObject
    return [{ type, stateKey: '', content: { ...value, users } }]
  })
}

/** Nobody should go on talking in the old room; where the user may not say so, it stays as it is. */
async function lockOldRoom(ctx: Ctx, roomId: RoomId, sender: UserId): Promise<void> {
  const levels = content(ctx, roomId, 'm.room.power_levels')
  if (levels === undefined) return
  const usersDefault = typeof levels['users_default'] === 'number' ? levels['users_default'] : 0
  const level = Math.max(50, usersDefault + 1)
  try {
    await ctx.rooms.sendEvent({
      roomId,
      sender,
      type: 'm.room.power_levels',
      stateKey: '',
      content: { ...levels, events_default: level, invite: level },
    })
  } catch (error) {
    if (!(error instanceof RoomError)) throw error
  }
}
