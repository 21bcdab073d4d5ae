import type { ServerName } from '../../core/types.ts'
import { requireJoined, type Register } from '../context.ts'
import { roomIdOf, serverOf } from '../ids.ts'

/**
 * GET /_hearth/v1/rooms/{roomId}/servers, for everybody in the room: the servers that are in it, with how many
 * people, and whether the settings of this node allow them.
 */
export const registerRoomServers: Register = (app, ctx) => {
  app.get('/_hearth/v1/rooms/:roomId/servers', (c) => {
    const { userId } = ctx.session(c)
    const roomId = roomIdOf(c.req.param('roomId'))
    requireJoined(ctx, userId, roomId)
    const people = new Map<ServerName, number>()
    for (const member of ctx.reader.members(roomId, 'join')) {
      const server = serverOf(member.userId)
      people.set(server, (people.get(server) ?? 0) + 1)
    }
    const servers = [...people].map(([server, count]) => ({
      server_name: server,
      members: count,
      allowed: ctx.hearth.serverAllowed?.(server) ?? true,
    }))
    return c.json({ servers })
  })
}
