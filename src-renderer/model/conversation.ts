import { createContext, use } from 'react'
import type { RoomDetail, RoomEvent } from '../client/types.ts'

/** What the composer writes, when it is not simply a new message. */
export type Composing = { readonly kind: 'reply' | 'edit'; readonly event: RoomEvent }

/** What stands beside the timeline. */
export type Panel =
  | { readonly kind: 'members' | 'threads' | 'pins' | 'files' | 'search' }
  | { readonly kind: 'thread'; readonly rootId: string }
  | { readonly kind: 'person'; readonly userId: string }

/** What a dialog asks or shows about one message. */
export type Question = {
  readonly kind: 'delete' | 'forward' | 'details' | 'versions' | 'reactions' | 'picture'
  readonly event: RoomEvent
}

/** The conversation that a component is part of: a room's timeline, or one thread of it. */
export interface Conversation {
  readonly room: RoomDetail
  /** Root of the thread; undefined in the room's own timeline. */
  readonly threadId: string | undefined
  readonly composing: Composing | undefined
  readonly setComposing: (composing: Composing | undefined) => void
  /** Files that were dropped, pasted or chosen, and go with the next message. */
  readonly staged: readonly File[]
  readonly setStaged: (files: readonly File[]) => void
  readonly ask: (question: Question) => void
  readonly openPanel: (panel: Panel | undefined) => void
  /** Shows the event in the timeline (or its thread), loaded when it is not here, and marks it for a moment. */
  readonly jumpTo: (eventId: string) => void
}

export const ConversationContext = createContext<Conversation | undefined>(undefined)

export function useConversation(): Conversation {
  const conversation = use(ConversationContext)
  if (conversation === undefined) throw new Error('A message was drawn outside of a conversation')
  return conversation
}
