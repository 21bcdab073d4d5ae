import { useMemo } from 'react'
import { useReadable, useServices } from '../../../model/use-client.ts'
import { useNames, type Names } from '../use-names.ts'

/** As `useNames`, with people called as in a room. */
export function useNamesIn(roomId: string | undefined): Names {
  const names = useNames()
  const { client } = useServices()
  const room = useReadable(client.room(roomId ?? ''))
  return useMemo(() => {
    const members = new Map(room?.members.map(({ userId, name }) => [userId, name]))
    return { ...names, user: (id) => members.get(id) ?? names.user(id) }
  }, [names, room])
}
