import { useState } from 'react'
import type { FoundRoom } from '../client/found-room.ts'
import { entryOf, type Entry } from './entering.ts'
import { useReadable, useServices } from './use-client.ts'

export interface Entering {
  readonly entry: Entry
  readonly busy: boolean
  /** What went wrong, as a sentence. */
  readonly error: string | undefined
  /** Opens, joins, accepts or asks, whichever it is. `reason` goes with asking. */
  readonly enter: (reason?: string) => void
}

/** Going into a room that was found. */
export function useEntering(room: FoundRoom, onOpened: (roomId: string) => void): Entering {
  const { client, describe } = useServices()
  const entry = entryOf(room, useReadable(client.rooms))
  const [state, setState] = useState<{ busy: boolean; error?: string }>({ busy: false })

  async function run(reason: string): Promise<void> {
    if (entry === 'closed' || entry === 'waiting') return
    if (entry === 'open') return onOpened(room.id)
    setState({ busy: true })
    try {
      // Aliases lead to servers that are in the room even when the directory's own is not.
      const name = room.via.length === 0 ? (room.alias ?? room.id) : room.id
      if (entry === 'ask') await client.knock(name, room.via, reason)
      else if (entry === 'accept') await client.accept(room.id)
      else await client.joinRoom(name, room.via)
      setState({ busy: false })
      if (entry !== 'ask') onOpened(room.id)
    } catch (problem) {
      setState({ busy: false, error: describe(problem) })
    }
  }

  return {
    entry,
    busy: state.busy,
    error: state.error,
    enter: (reason = '') => void run(reason),
  }
}
