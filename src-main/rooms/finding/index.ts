import type { RoomsContext } from '../context.ts'
import type { Finding } from './api.ts'
import { createLocalDirectory, remoteDirectory } from './directory.ts'
import { createRemoteRooms } from './remote-rooms.ts'
import { roomSummary } from './room-summary.ts'
import { spaceForServer } from './space-for-server.ts'
import { createSpaceWalk } from './walk-space.ts'

/** Rooms that one is not in (yet), here and on other servers. */
export function createFinding(ctx: RoomsContext): Finding {
  const remote = createRemoteRooms(ctx)
  const localDirectory = createLocalDirectory(ctx)
  return {
    async publicRooms(query, server) {
      if (server === undefined || server === ctx.serverName) return localDirectory(query)
      return remoteDirectory(ctx, server, query)
    },
    hierarchy: createSpaceWalk(ctx, remote),
    summary: (args) => roomSummary(ctx, remote, args),
    publicRoomsForServer: (origin, query) => localDirectory(query, origin),
    hierarchyForServer: (origin, roomId, suggestedOnly) => spaceForServer(ctx, origin, roomId, suggestedOnly),
  }
}
