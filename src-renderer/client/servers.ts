import type { MatrixClient } from 'matrix-js-sdk'
import { serverOf } from './names.ts'
import type { PrivateApi } from './private-api.ts'
import { writable } from './readable.ts'
import type { Readable } from './types.ts'

/** Another server, and how many conversations one has with people of it. */
export interface SharedServer {
  readonly serverName: string
  readonly rooms: number
}

/** The other servers of one's conversations, and what the owner's settings make of them. */
export function createServers(sdk: MatrixClient, api: PrivateApi) {
  const own = serverOf(sdk.getSafeUserId())
  /** Counts up whenever the lists of servers were changed here. */
  const rulesVersion = writable(0)

  return {
    serverRulesVersion: rulesVersion as Readable<number>,
    serverRulesChanged: (): void => rulesVersion.set(rulesVersion.get() + 1),

    sharedServers(): SharedServer[] {
      const count = new Map<string, number>()
      for (const room of sdk.getRooms()) {
        if (room.getMyMembership() !== 'join') continue
        const servers = new Set(room.getJoinedMembers().map((member) => serverOf(member.userId)))
        servers.delete(own)
        for (const server of servers) count.set(server, (count.get(server) ?? 0) + 1)
      }
      return [...count].map(([serverName, rooms]) => ({ serverName, rooms }))
    },

    /** Servers in the room that the settings deny; empty when the node cannot be asked. */
    async deniedServers(roomId: string): Promise<string[]> {
      const answer = await api.roomServers(roomId)
      return answer.ok ? answer.value.filter((each) => !each.allowed).map((each) => each.serverName) : []
    },
  }
}
