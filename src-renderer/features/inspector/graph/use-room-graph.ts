import { useEffect, useMemo, useState } from 'react'
import { useReadable, useServices } from '../../../model/use-client.ts'
import { createGraphLoader, type GraphLoader, type GraphState } from './graph-loader.ts'

/** The graph of a room, for as long as it is looked at. */
export function useRoomGraph(roomId: string): { loader: GraphLoader | undefined; state: GraphState } {
  const { client } = useServices()
  const [loader, setLoader] = useState<GraphLoader>()
  useEffect(() => {
    const own = createGraphLoader(client.inspector, roomId)
    // It loads and listens from the moment that it is made, so it is made by the effect that stops it.
    // oxlint-disable-next-line react/set-state-in-effect
    setLoader(own)
    return () => own.stop()
  }, [client, roomId])
  return { loader, state: useReadable(loader?.state ?? NOTHING) }
}

const STARTING: GraphState = {
  graph: undefined,
  loading: true,
  hasOlder: false,
  problem: undefined,
  stale: false,
}
const NOTHING = { get: () => STARTING, subscribe: () => () => undefined }

/** Names of people and servers as they are known here. */
export function useNames(): { nameOf: (sender: string) => string; serverName: (server: string) => string } {
  const { client } = useServices()
  const nearby = useReadable(client.nearby)
  return useMemo(() => {
    const people = new Map<string, string>()
    const ownServer = client.userId.slice(client.userId.indexOf(':') + 1)
    const peers = new Map(nearby.peers.map((peer) => [peer.serverName, peer]))
    return {
      nameOf(sender) {
        let name = people.get(sender)
        if (name === undefined) people.set(sender, (name = client.personOf(sender).name))
        return name
      },
      serverName(server) {
        if (server === ownServer) return 'This Hearth'
        const peer = peers.get(server)
        const short = peer?.fingerprint ?? (/^[a-z2-7]{56}\.local$/.test(server) ? server.slice(0, 8) : server)
        if (peer?.displayName !== undefined && peer.displayName !== '') return `${peer.displayName} (${short})`
        const owner = client.personOf(`@owner:${server}`).name
        return owner.includes(short) || owner === 'owner' ? short : `${owner} (${short})`
      },
    }
  }, [client, nearby])
}
