import { useCallback, useMemo, useState, type ReactNode } from 'react'
import type { RoomDetail } from '../client/types.ts'
import {
  ConversationContext,
  type Composing,
  type Conversation,
  type Panel,
  type Question,
} from '../model/conversation.ts'

interface ConversationProviderProps {
  room: RoomDetail
  threadId?: string
  ask: (question: Question) => void
  openPanel: (panel: Panel | undefined) => void
  jumpTo: (eventId: string) => void
  children: ReactNode
}

const NO_FILES: readonly File[] = []

/** One for the room's timeline, and one for a thread beside it: each composes on its own. */
export function ConversationProvider(props: ConversationProviderProps) {
  const { room, threadId, ask, openPanel, jumpTo } = props
  const [composing, setComposing] = useState<Composing>()
  const [staged, setStagedFiles] = useState(NO_FILES)
  const setStaged = useCallback((files: readonly File[]) => setStagedFiles(files), [])
  const value = useMemo<Conversation>(
    () => ({ room, threadId, composing, setComposing, staged, setStaged, ask, openPanel, jumpTo }),
    [room, threadId, composing, staged, setStaged, ask, openPanel, jumpTo],
  )
  return <ConversationContext value={value}>{props.children}</ConversationContext>
}
