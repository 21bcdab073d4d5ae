import type { EventId, PduJson, RoomId, ServerName } from '../../core/types.ts'

/**
 * Which check an event did not pass (server-server-api, "Checks performed on receipt of a PDU", and what this
 * server checks besides).
 */
export type RefusalCause =
  /** 1. The format of the room version. */
  | 'format'
  | 'size'
  /** 2. Signatures. */
  | 'signature'
  /** Keys could not be had, for as long as it was worth waiting. */
  | 'keys'
  /** 3. The content hash. */
  | 'hash'
  /** 4. to 6. */
  | 'auth-events'
  | 'state-before'
  | 'current-state'
  /** 7. */
  | 'policy-server'
  /** The room's `m.room.server_acl`. */
  | 'acl'
  /** The settings of this server. */
  | 'denied-server'
  /** Nobody of this server is in the room. */
  | 'not-in-room'
  /** What it claims to be of, or rests on, is of another room. */
  | 'other-room'
  /** Another event has its id (room versions 1 and 2). */
  | 'id-taken'
  /** What it refers to was not to be had from anybody. */
  | 'missing'
  /** A join, leave, knock or invite that was asked for, and refused. */
  | 'request'

/**
 * `not-kept`: nothing of it but this trace is on disk; `redacted`: it was kept without the content that it came
 * with.
 */
export type RefusalOutcome = 'rejected' | 'soft-failed' | 'not-kept' | 'redacted'

export interface NewRefusal {
  readonly outcome: RefusalOutcome
  readonly cause: RefusalCause
  /** A sentence for people. */
  readonly reason: string
  /** As in `Decision`, where an auth rule decided. */
  readonly rule?: string | undefined
  /** The events that the rules looked at. */
  readonly lookedAt?: readonly EventId[] | undefined
  readonly ts: number
  /** Undefined where it cannot be told. */
  readonly eventId?: EventId | undefined
  readonly roomId?: RoomId | undefined
  readonly sender?: string | undefined
  readonly type?: string | undefined
  /** Who gave it to this server. */
  readonly origin?: ServerName | undefined
  /** As it came; absent where the event is stored as it came. */
  readonly json?: PduJson | undefined
}

/** Nobody of this server is in the room that an event is of. */
export const NOT_IN_ROOM = { cause: 'not-in-room', reason: 'this server is not in the room' } as const

export interface RefusalStore {
  /** One row an event and outcome, with a count; a bounded number in all, and of one server. */
  putRefusal(refusal: NewRefusal): void
}
