import { useCallback, useMemo, useState, type ReactNode } from 'react'
import type { RoomDetail } from '../client/types.ts'
import {
  ConversationContext,
  VerbsContext,
  type Composing,
  type Conversation,
  type ConversationVerbs,
} from '../model/conversation.ts'
import { findLastOwn } from '../model/timeline.ts'
import { useServices } from '../model/use-client.ts'

export interface ConversationProviderProps extends Pick<
  ConversationVerbs,
  'ask' | 'openPanel' | 'jumpTo' | 'openLink'
> {
  room: RoomDetail
  threadId?: string
  children: ReactNode
}

const NO_FILES: readonly File[] = []

/** One for the room's timeline, and one for a thread beside it: each composes on its own. */
export function ConversationProvider(props: ConversationProviderProps) {
  const { room, threadId, ask, openPanel, jumpTo, openLink } = props
  const { client } = useServices()
  const roomId = room.id
  const [composing, setComposing] = useState<Composing>()
  const [staged, setStagedFiles] = useState(NO_FILES)
  const setStaged = useCallback((files: readonly File[]) => setStagedFiles(files), [])
  const verbs = useMemo<ConversationVerbs>(
    () => ({
      roomId,
      threadId,
      setComposing,
      ask,
      openPanel,
      jumpTo,
      openLink,
      lastOwn: () => {
        const timeline = threadId === undefined ? client.timeline(roomId) : client.thread(roomId, threadId)
        return findLastOwn(timeline.get()?.events ?? [], client.userId)
      },
    }),
    [client, roomId, threadId, ask, openPanel, jumpTo, openLink],
  )
  const value = useMemo<Conversation>(
    () => ({ ...verbs, room, composing, staged, setStaged }),
    [verbs, room, composing, staged, setStaged],
  )
  return (
    <VerbsContext value={verbs}>
      <ConversationContext value={value}>{props.children}</ConversationContext>
    </VerbsContext>
  )
}
