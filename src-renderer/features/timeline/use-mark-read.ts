import { useEffect, useRef, useState } from 'react'
import type { RoomDetail } from '../../client/types.ts'
import { useServices } from '../../model/use-client.ts'
import { useAttention } from '../../model/use-attention.ts'

/** Tells others, and the own other devices, that the newest message was read. */
export function useMarkRead(room: RoomDetail, newestEventId: string | undefined, atBottom: boolean): void {
  const { client } = useServices()
  const attentive = useAttention()
  const held = useHeld(room.markedUnread)
  const roomId = room.id
  useEffect(() => {
    if (!attentive || !atBottom || held || newestEventId === undefined) return
    client.markRead(roomId).catch((error: unknown) => console.warn('The read marker could not be set', error))
  }, [client, roomId, newestEventId, attentive, atBottom, held])
}

/** Who marks an open room unread by hand wants it to stay so, until they come back to it. */
function useHeld(markedUnread: boolean): boolean {
  const before = useRef(markedUnread)
  const [held, setHeld] = useState(false)
  useEffect(() => {
    if (before.current === markedUnread) return
    before.current = markedUnread
    // Follows from a change from outside, which only an effect sees.
    // oxlint-disable-next-line react/set-state-in-effect
    setHeld(markedUnread)
  }, [markedUnread])
  return held
}
