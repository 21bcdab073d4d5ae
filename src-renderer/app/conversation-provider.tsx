import { useCallback, useMemo, useState, type ReactNode } from 'react'
import type { RoomDetail } from '../client/types.ts'
import {
  ConversationContext,
  VerbsContext,
  type Composing,
  type Conversation,
  type ConversationVerbs,
} from '../model/conversation.ts'

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
    }),
    [roomId, threadId, ask, openPanel, jumpTo, openLink],
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
