import { useEffect, useState, type ReactNode } from 'react'
import type { RoomDetail, TimelineSnapshot } from '../../client/types.ts'
import { useConversation, type JumpTarget } from '../../model/conversation.ts'
import { useAttention } from '../../model/use-attention.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { useRows } from '../../model/use-rows.ts'
import { MessageList } from '../../ui/message-list.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { Waiting } from '../../ui/waiting.tsx'
import css from './threads.module.css'

interface ThreadPanelProps {
  rootId: string
  target: JumpTarget | undefined
  onClose: () => void
  /** What writes into the thread. */
  children?: ReactNode
}

/** One thread, with its own composer below. */
export function ThreadPanel({ rootId, target, onClose, children }: ThreadPanelProps) {
  const { room } = useConversation()
  const { client } = useServices()
  const timeline = useReadable(client.thread(room.id, rootId))
  return (
    <SidePanel title="Thread" wide onClose={onClose}>
      <div className={css.thread}>
        {timeline === undefined ? (
          <Waiting whole>Loading the thread</Waiting>
        ) : (
          <Loaded room={room} rootId={rootId} timeline={timeline} target={target} />
        )}
        {children}
      </div>
    </SidePanel>
  )
}

interface LoadedProps {
  room: RoomDetail
  rootId: string
  timeline: TimelineSnapshot
  target: JumpTarget | undefined
}

function Loaded({ room, rootId, timeline, target }: LoadedProps) {
  const { client } = useServices()
  const attentive = useAttention()
  const [atBottom, setAtBottom] = useState(true)
  const { rows, rights } = useRows(room, timeline, useUnreadFrom(timeline, client.userId), rootId)
  const newest = timeline.live ? timeline.events.at(-1)?.id : undefined
  const roomId = room.id

  useEffect(() => {
    if (!attentive || !atBottom || newest === undefined) return
    client
      .markRead(roomId, rootId)
      .catch((error: unknown) => console.warn('The thread could not be marked as read', error))
  }, [client, roomId, rootId, newest, attentive, atBottom])

  return (
    <MessageList
      label="Messages of the thread"
      timeline={timeline}
      rows={rows}
      rights={rights}
      pinned={room.pinned}
      target={target}
      top={<div className={css.top} />}
      fewAt="top"
      onLoadOlder={() => client.loadOlder(roomId, rootId)}
      onLoadNewer={() => Promise.resolve()}
      onLatest={() => undefined}
      onAtBottom={setAtBottom}
    />
  )
}

/** Up to where the thread was read when it was opened. */
function useUnreadFrom(timeline: TimelineSnapshot, myUserId: string): string | undefined {
  const [unreadFrom] = useState(() => {
    const read = timeline.readUpTo.get(myUserId)
    return read === timeline.events.at(-1)?.id ? undefined : read
  })
  return unreadFrom
}
