import { splitStateKey, type JsonObject } from '../core/types.ts'
import { jsonInSlices } from '../http/json-in-slices.ts'
import type { StoredEvent } from '../rooms/ports.ts'
import { inTurns } from '../trace/turns.ts'
import { createFormatter, formatInPieces } from './client-event.ts'
import { requireJoined, requireReadable, type Register } from './context.ts'
import { roomIdOf } from './ids.ts'
import { readableState } from './room-state.ts'
import { parseTimelineToken } from './tokens.ts'

/** GET /rooms/{roomId}/members, /rooms/{roomId}/joined_members, /joined_rooms */
export const registerMembers: Register = (app, ctx) => {
  const { reader } = ctx
  app.get('/_matrix/client/v3/rooms/:roomId/members', async (c) => {
    const session = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId'))
    requireReadable(ctx, session.userId, roomId)
    let state = readableState(ctx, session.userId, roomId)
    const at = c.req.query('at')
    if (at !== undefined && at !== '') {
      const pos = parseTimelineToken(reader, roomId, at)
      const [event] = reader.timeline({ roomId, direction: 'backward', from: pos + 1, limit: 1 })
      if (event?.stateAfter !== undefined) state = reader.stateMap(event.stateAfter)
    }
    const wanted = c.req.query('membership')
    const unwanted = c.req.query('not_membership')
    const ids = [...state].flatMap(([key, id]) => (splitStateKey(key).type === 'm.room.member' ? [id] : []))
    const accepts = ({ pdu }: StoredEvent): boolean => {
      const membership = pdu.content['membership']
      return (wanted === undefined || membership === wanted) && membership !== unwanted
    }
    const formatter = createFormatter(reader, session, ctx.clock.now())
    return jsonInSlices({ chunk: await inTurns(formatInPieces(reader, formatter, ids, accepts)) })
  })

  app.get('/_matrix/client/v3/rooms/:roomId/joined_members', (c) => {
    const { userId } = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId'))
    requireJoined(ctx, userId, roomId)
    const joined: JsonObject = {}
    for (const member of reader.members(roomId, 'join')) {
      const profile: JsonObject = {}
      if (member.displayName !== undefined) profile['display_name'] = member.displayName
      if (member.avatarUrl !== undefined) profile['avatar_url'] = member.avatarUrl
      joined[member.userId] = profile
    }
    return jsonInSlices({ joined })
  })

  app.get('/_matrix/client/v3/joined_rooms', (c) => {
    const { userId } = ctx.session(c)
    return c.json({ joined_rooms: reader.roomsJoinedBy(userId) })
  })
}
