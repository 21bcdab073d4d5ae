import { createContext, use } from 'react'
import type { RoomDetail, RoomEvent } from '../client/types.ts'

/** What the composer writes, when it is not simply a new message. */
export type Composing = { readonly kind: 'reply' | 'edit'; readonly event: RoomEvent }

/** What stands beside the timeline. */
export type Panel =
  | { readonly kind: 'members' | 'threads' | 'pins' | 'files' | 'search' }
  | { readonly kind: 'thread'; readonly rootId: string }
  | {
      readonly kind: 'person'
      readonly userId: string
      /** Where one came from, and may go back to. */
      readonly from?: 'members'
    }

/** What a dialog asks or shows about one message. */
export type Question = {
  readonly kind: 'delete' | 'forward' | 'details' | 'versions' | 'reactions' | 'picture' | 'report'
  readonly event: RoomEvent
}

/**
 * What a message may ask of the conversation around it. Unlike the rest of the conversation it never changes
 * while the conversation is open, so that rows that hold on to it need not be drawn again.
 */
export interface ConversationVerbs {
  readonly roomId: string
  /** Root of the thread; undefined in the room's own timeline. */
  readonly threadId: string | undefined
  readonly setComposing: (composing: Composing | undefined) => void
  readonly ask: (question: Question) => void
  readonly openPanel: (panel: Panel | undefined) => void
  /** Shows the event in the timeline (or its thread), loaded when it is not here, and marks it for a moment. */
  readonly jumpTo: (eventId: string) => void
  /** Follows an address in a message: people, rooms and messages here, everything else in the browser. */
  readonly openLink: (address: string) => void
}

/** The conversation that a component is part of: a room's timeline, or one thread of it. */
export interface Conversation extends ConversationVerbs {
  readonly room: RoomDetail
  readonly composing: Composing | undefined
  /** Files that were dropped, pasted or chosen, and go with the next message. */
  readonly staged: readonly File[]
  readonly setStaged: (files: readonly File[]) => void
}

export const ConversationContext = createContext<Conversation | undefined>(undefined)
export const VerbsContext = createContext<ConversationVerbs | undefined>(undefined)

export function useConversation(): Conversation {
  const conversation = use(ConversationContext)
  if (conversation === undefined) throw new Error('A message was drawn outside of a conversation')
  return conversation
}

/** Drawn again only when the conversation is another one. */
export function useVerbs(): ConversationVerbs {
  const verbs = use(VerbsContext)
  if (verbs === undefined) throw new Error('A message was drawn outside of a conversation')
  return verbs
}

/** An event to scroll to. Each jump has a number, so that the same event can be jumped to again. */
export interface JumpTarget {
  readonly eventId: string
  readonly number: number
}
