/** What the view of a room's event graph needs from storage; `storage/rooms/graph.ts` implements it. */
import type { EventId, RoomId, ServerName, UserId } from '../../core/types.ts'

export type GraphStatus = 'accepted' | 'soft-failed' | 'rejected' | 'outlier'

export interface GraphEvent {
  readonly eventId: EventId
  readonly type: string
  readonly stateKey: string | undefined
  readonly sender: UserId
  readonly server: ServerName
  readonly originServerTs: number
  readonly receivedTs: number
  readonly depth: number
  /** Counts up with each event that this node stored first. */
  readonly number: number
  /** Undefined for what clients never saw arrive: history, outliers, what was refused. */
  readonly streamPosition: number | undefined
  /** Undefined for what is not in the timeline. */
  readonly timelinePosition: number | undefined
  readonly prevEvents: readonly EventId[]
  readonly authEvents: readonly EventId[]
  readonly status: GraphStatus
  /** `rule: reason` for rejected and soft-failed events. */
  readonly reason: string | undefined
  readonly redacted: boolean
}

export interface GraphSlice {
  readonly events: readonly GraphEvent[]
  /** Prev events of those with a place in the graph that are not stored here. */
  readonly missing: readonly EventId[]
}

/** A place in the order of `depth`, the deepest first. */
export interface GraphCursor {
  readonly depth: number
  readonly status: number
  readonly number: number
}

export interface GraphRoom {
  readonly roomId: RoomId
  readonly version: string
  /** Somebody of this node is joined. */
  readonly participating: boolean
  readonly extremities: number
  readonly gaps: number
}

export type GraphCounts = Readonly<Record<GraphStatus, number>>

/** Reads; each call takes a few milliseconds at most, so that whoever asks for much lets others in between. */
export interface RoomGraph {
  rooms(): GraphRoom[]
  has(roomId: RoomId): boolean
  /** How many events there are of each status, counted a slice at a time. */
  counts(roomId: RoomId): Generator<void, GraphCounts>
  /** Events below a place, the deepest first. */
  slice(
    roomId: RoomId,
    below: GraphCursor | undefined,
    limit: number,
  ): GraphSlice & { next: GraphCursor | undefined }
  /** Those of `ids` that are stored, in this room. */
  events(roomId: RoomId, ids: readonly EventId[]): GraphSlice
  /** The newest events that nothing follows, and how many there are. */
  extremities(roomId: RoomId, limit: number): { ids: EventId[]; total: number }
}

/** What changed in the graphs of rooms since this node was started, as far back as is remembered. */
export interface GraphChanges {
  /** Stands for now. */
  position(): string
  /**
   * Events that were stored or changed in the room since a position, at most `limit`, and where to go on.
   * Undefined: that is no position, or too long ago.
   */
  since(
    roomId: RoomId,
    position: string,
    limit: number,
  ): { ids: EventId[]; changed: boolean; position: string } | undefined
  /** Resolves at the next change of the room, when `signal` aborts, or after `timeoutMs`. */
  next(roomId: RoomId, signal: AbortSignal, timeoutMs: number): Promise<void>
}
