import { useEffect, useState } from 'react'
import type { FoundRoom } from '../client/found-room.ts'
import { useServices } from './use-client.ts'

const TYPING_PAUSE_MS = 300

export type RoomLookUp =
  | { readonly status: 'loading'; readonly room?: undefined; readonly error?: undefined }
  | { readonly status: 'ready'; readonly room: FoundRoom | undefined; readonly error: string | undefined }

/** What a room tells of itself before one is in it. `room` is an id or an alias. */
export function useFoundRoom(room: string | undefined, via: readonly string[]): RoomLookUp {
  const { client, describe } = useServices()
  const [answer, setAnswer] = useState<{ key: string; room?: FoundRoom | undefined; error?: string }>()
  const servers = via.join(' ')
  const key = `${room ?? ''} ${servers}`

  useEffect(() => {
    if (room === undefined) return
    let current = true
    // While it is typed, every letter is another address.
    const timer = setTimeout(() => {
      client.lookUpRoom(room, servers === '' ? [] : servers.split(' ')).then(
        (found) => current && setAnswer({ key, room: found }),
        (problem: unknown) => current && setAnswer({ key, error: describe(problem) }),
      )
    }, TYPING_PAUSE_MS)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [client, describe, room, servers, key])

  return answer?.key === key
    ? { status: 'ready', room: answer.room, error: answer.error }
    : { status: 'loading' }
}
