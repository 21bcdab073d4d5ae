import { z } from 'zod'
import { isRoomVersion } from '../core/room-versions.ts'
import { MatrixError, noIdentityServer } from '../http/errors.ts'
import { jsonObject, readOptionalBody } from './body.ts'
import type { Register } from './context.ts'
import { userIdOf } from './ids.ts'
import { rates } from './rate-limit.ts'

const body = z.looseObject({
  room_version: z.string().optional(),
  preset: z.enum(['private_chat', 'public_chat', 'trusted_private_chat']).optional(),
  visibility: z.enum(['public', 'private']).optional(),
  name: z.string().optional(),
  topic: z.string().optional(),
  room_alias_name: z.string().optional(),
  invite: z.array(z.string()).max(1000).optional(),
  invite_3pid: z.array(z.unknown()).optional(),
  is_direct: z.boolean().optional(),
  creation_content: jsonObject.optional(),
  initial_state: z
    .array(z.looseObject({ type: z.string().min(1), state_key: z.string().optional(), content: jsonObject }))
    .max(200)
    .optional(),
  power_level_content_override: jsonObject.optional(),
})

/** POST /createRoom */
export const registerCreateRoom: Register = (app, ctx) => {
  app.post('/_matrix/client/v3/createRoom', async (c) => {
    const { userId } = ctx.session(c)
    ctx.limiter.take(rates.createRoom, userId)
    const args = await readOptionalBody(c, body)
    if (args.room_version !== undefined && !isRoomVersion(args.room_version)) {
      throw new MatrixError(400, 'M_UNSUPPORTED_ROOM_VERSION', 'This server does not know that room version')
    }
    if ((args.invite_3pid?.length ?? 0) > 0) {
      throw noIdentityServer()
    }
    const roomId = await ctx.rooms.createRoom({
      creator: userId,
      roomVersion: args.room_version,
      preset: args.preset,
      visibility: args.visibility,
      name: args.name,
      topic: args.topic,
      aliasLocalpart: args.room_alias_name,
      invite: args.invite?.map((id) => userIdOf(id, 'invite')),
      isDirect: args.is_direct,
      creationContent: args.creation_content,
      initialState: args.initial_state?.map(({ type, state_key: stateKey, content }) => ({
        type,
        stateKey: stateKey ?? '',
        content,
      })),
      powerLevelOverride: args.power_level_content_override,
    })
    return c.json({ room_id: roomId })
  })
}
