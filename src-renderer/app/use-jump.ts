import { useCallback, useEffect, useRef, useState } from 'react'
import type { JumpTarget, Panel } from '../model/conversation.ts'
import { useServices } from '../model/use-client.ts'

/**
 * Jumping to an event: it becomes the target that the timeline, or the thread that it is in, scrolls to and
 * marks as soon as it is drawn there. What is not loaded is loaded with what surrounds it.
 */
export function useJump(
  roomId: string,
  eventId: string | undefined,
  openPanel: (panel: Panel | undefined) => void,
): { readonly target: JumpTarget | undefined; readonly jumpTo: (eventId: string) => void } {
  const { client, attempt } = useServices()
  const [target, setTarget] = useState<JumpTarget>()
  const newest = useRef(0)

  const jumpTo = useCallback(
    (id: string) => {
      const number = ++newest.current
      const here =
        client
          .timeline(roomId)
          .get()
          ?.events.some((event) => event.id === id) === true
      // On a narrow screen the panel that was jumped from covers the timeline.
      const reveal = (): void => {
        if (window.matchMedia('(width < 700px)').matches) openPanel(undefined)
      }
      if (here) {
        reveal()
        setTarget({ eventId: id, number })
        return
      }
      void attempt(async () => {
        const event = await client.loadEvent(roomId, id)
        // Another jump came after this one.
        if (number !== newest.current) return
        if (event === undefined) throw new Error('It may have been deleted, or its server does not answer.')
        if (event.threadId !== undefined) openPanel({ kind: 'thread', rootId: event.threadId })
        else {
          reveal()
          await client.focusEvent(roomId, id)
        }
        if (number === newest.current) setTarget({ eventId: id, number })
      }, 'This message could not be shown')
    },
    [client, attempt, roomId, openPanel],
  )

  // The address names a message.
  useEffect(() => {
    if (eventId !== undefined) jumpTo(eventId)
  }, [eventId, jumpTo])

  return { target, jumpTo }
}
