import { useEffect, useMemo, useState } from 'react'
import { serverOf } from '../../../client/names.ts'
import { useReadable, useServices } from '../../../model/use-client.ts'
import { createGraphLoader, type GraphLoader, type GraphState } from './graph-loader.ts'

/** The graph of a room, for as long as it is looked at. */
export function useRoomGraph(roomId: string): { loader: GraphLoader | undefined; state: GraphState } {
  const { client } = useServices()
  const [loader, setLoader] = useState<GraphLoader>()
  useEffect(() => {
    const own = createGraphLoader(client.inspector, roomId, serverOf(client.userId))
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

/** What people call themselves; another list of rooms may know other names. */
export function usePeople(): (userId: string) => string {
  const { client } = useServices()
  const rooms = useReadable(client.rooms)
  return useMemo(
    () => remembered((userId) => nameOrId(userId, client.personOf(userId).name), rooms),
    [client, rooms],
  )
}

/** Who has no name is called by the first part of the id, which is the same for many of them. */
const nameOrId = (userId: string, name: string): string => (userId.startsWith(`@${name}:`) ? userId : name)

/** A drawing asks for each row of each frame. */
function remembered(nameOf: (userId: string) => string, _until: unknown): (userId: string) => string {
  const names = new Map<string, string>()
  return (userId) => {
    const known = names.get(userId)
    if (known !== undefined) return known
    const name = nameOf(userId)
    names.set(userId, name)
    return name
  }
}
