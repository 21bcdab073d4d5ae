import { useMemo } from 'react'
import { fallbackName, fingerprintOf, isKeyName, serverOf } from '../../client/names.ts'
import { useReadable, useServices } from '../../model/use-client.ts'

export interface Names {
  room: (roomId: string) => string
  server: (serverName: string) => string
  user: (userId: string) => string
}

/** What people call rooms, servers and people whose ids the node writes down. */
export function useNames(): Names {
  const { client } = useServices()
  const rooms = useReadable(client.rooms)
  const { peers } = useReadable(client.nearby)
  const own = useReadable(client.profile)
  return useMemo(() => {
    const roomNames = new Map(rooms.map(({ id, name }) => [id, name]))
    const ownServer = serverOf(client.userId)
    const owners = new Map(peers.map((peer) => [peer.serverName, peer.displayName]))
    /** As the rooms know somebody; nearby, people need not say who they are. */
    const known = (id: string): string | undefined => {
      const { name } = client.personOf(id)
      return name === fallbackName(id) ? undefined : name
    }
    return {
      room: (id) => roomNames.get(id) ?? `${id.slice(0, 9)}…`,
      server(name) {
        if (name === ownServer) return 'This Hearth'
        const owner = owners.get(name) ?? known(`@owner:${name}`)
        if (owner !== undefined) return `${owner}’s Hearth`
        return isKeyName(name) ? `Hearth ${fingerprintOf(name)}` : name
      },
      user(id) {
        if (id === client.userId) return own.name
        const server = serverOf(id)
        const owner = peers.find((peer) => peer.ownerUserId === id)?.displayName
        const local = id.slice(1, Math.max(1, id.indexOf(':')))
        return owner ?? known(id) ?? (isKeyName(server) ? `${local} (${fingerprintOf(server)})` : id)
      },
    }
  }, [rooms, peers, own, client])
}
