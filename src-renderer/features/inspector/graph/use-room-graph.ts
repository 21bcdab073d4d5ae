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

/** What people call themselves, remembered, since a drawing asks for each row of each frame. */
export function usePeople(): (userId: string) => string {
  const { client } = useServices()
  const rooms = useReadable(client.rooms)
  return useMemo(() => {
    // Another list of rooms may know other names.
    const names = new Map<string, string>(rooms.length === 0 ? [] : undefined)
    return (userId) => {
      let name = names.get(userId)
      if (name === undefined) names.set(userId, (name = client.personOf(userId).name))
      return name
    }
  }, [client, rooms])
}
