import { useEffect, useMemo } from 'react'
import { useConversation } from '../../model/conversation.ts'
import type { DraftPlace } from '../../model/drafts.ts'
import type { RoomEvent } from '../../model/types.ts'
import { useServices } from '../../model/use-client.ts'
import { useDrafts } from '../../model/use-drafts.ts'

/** Where the drafts of this conversation are. */
export function usePlaces(): { fresh: DraftPlace; edit: DraftPlace } {
  const { room, threadId } = useConversation()
  return useMemo(
    () => ({
      fresh: { roomId: room.id, threadId, kind: 'new' },
      edit: { roomId: room.id, threadId, kind: 'edit' },
    }),
    [room.id, threadId],
  )
}

/** A reply or an edit that was left, by another room or a restart, goes on where it was. */
export function useRestored(): void {
  const { client } = useServices()
  const { room, composing, setComposing } = useConversation()
  const drafts = useDrafts()
  const { fresh, edit } = usePlaces()
  const idle = composing === undefined

  useEffect(() => {
    if (!idle) return
    const editing = drafts.get(edit).eventId
    const eventId = editing ?? drafts.get(fresh).eventId
    if (eventId === undefined) return
    let current = true

    function found(event: RoomEvent | undefined): void {
      if (!current || eventId === undefined) return
      if (event !== undefined && !event.redacted) {
        setComposing({ kind: editing === undefined ? 'reply' : 'edit', event })
        return
      }
      // What it was about is gone; the words are not.
      const place = editing === undefined ? fresh : edit
      const left = drafts.get(place)
      drafts.set(place, { ...left, text: editing === undefined ? left.text : '', eventId: undefined })
      if (editing !== undefined && drafts.get(fresh).text === '')
        drafts.set(fresh, { ...left, eventId: undefined })
    }

    const shown = client
      .timeline(room.id)
      .get()
      ?.events.find((event) => event.id === eventId)
    if (shown !== undefined) found(shown)
    else
      client
        .loadEvent(room.id, eventId)
        .then(found)
        .catch((error: unknown) => console.warn('The message of a draft could not be loaded', error))
    return () => {
      current = false
    }
  }, [idle, client, room.id, setComposing, drafts, fresh, edit])
}
