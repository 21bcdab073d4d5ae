import { useState } from 'react'
import type { RoomEvent } from '../../client/types.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { useVerbs } from '../../model/conversation.ts'
import { Lightbox } from '../../ui/lightbox.tsx'

/** The picture of a message, large; from it to the others of the conversation. */
export function PictureView({ event, onClose }: { event: RoomEvent; onClose: () => void }) {
  const { client } = useServices()
  const { roomId, threadId } = useVerbs()
  const inThread = event.threadId ?? threadId
  const timeline = useReadable(
    inThread === undefined ? client.timeline(roomId) : client.thread(roomId, inThread),
  )
  const [current, setCurrent] = useState(event.id)
  const events = timeline?.events ?? []
  // What was opened from elsewhere, such as a search, may not be among what is loaded.
  const known = events.some((each) => each.id === event.id)
  return (
    <Lightbox events={known ? events : [event]} current={current} onClose={onClose} onCurrent={setCurrent} />
  )
}
