/** What is asked of the timeline, of relations, threads and the text of messages. */
import type { EventId, RoomId, UserId } from '../core/types.ts'
import type { TimelinePos } from './ports.ts'

export interface TimelineQuery {
  readonly roomId: RoomId
  readonly direction: 'backward' | 'forward'
  /** Exclusive start; undefined starts at the end that the direction comes from. */
  readonly from?: TimelinePos | undefined
  /** Exclusive end. */
  readonly to?: TimelinePos | undefined
  readonly limit: number
}

/** Events of the timeline, not redacted, that relate to an event (`m.relates_to`). */
export interface RelationQuery {
  readonly roomId: RoomId
  readonly target: EventId
  readonly relType?: string | undefined
  readonly eventType?: string | undefined
  /** 1: what relates to `target`; more: also what relates to that, and so on. */
  readonly depth: number
  readonly order: 'oldest' | 'newest'
  /** Exclusive lower and inclusive upper end of the places. */
  readonly above?: TimelinePos | undefined
  readonly upTo?: TimelinePos | undefined
  readonly limit: number
}

export interface ThreadQuery {
  readonly roomId: RoomId
  /** Only threads whose latest reply is there or below. */
  readonly upTo?: TimelinePos | undefined
  /** Only threads that this user began or answered in. */
  readonly participant?: UserId | undefined
  readonly limit: number
}

export interface ThreadRow {
  readonly root: EventId
  /** Place of the latest reply. */
  readonly latest: TimelinePos
}

/** What is looked for in the text of messages (files and captions included), and names and topics of rooms. */
export interface TextQuery {
  /** As typed: all words must occur, each also as the beginning of a word; `"…"` exactly. */
  readonly term: string
  readonly keys: readonly ('body' | 'name' | 'topic')[]
  readonly rooms: readonly RoomId[]
  readonly senders?: readonly UserId[] | undefined
  /** Milliseconds since the epoch, inclusive; whole seconds count. */
  readonly fromTs?: number | undefined
  readonly toTs?: number | undefined
  /** Only hits before this one's `place`. */
  readonly below?: number | undefined
}

export interface TextHit {
  readonly eventId: EventId
  /** Grows with time. */
  readonly place: number
  /** What was found, as of the latest edit. */
  readonly text: string
}
