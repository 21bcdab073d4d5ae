import type { EventId, RoomId, UserId } from '../../core/types.ts'

/** What somebody thinks should not be (Client-Server API, "Reporting content"): of a message, a room or a person. */
export interface NewReport {
  readonly reporter: UserId
  readonly roomId?: RoomId | undefined
  readonly eventId?: EventId | undefined
  /** Who is reported; of a message, who sent it. */
  readonly userId?: UserId | undefined
  readonly reason?: string | undefined
}

export interface Report extends NewReport {
  readonly id: number
  readonly ts: number
  /** The owner has not seen it yet. */
  readonly isNew: boolean
}

/** The reports that wait for the owner of the node. Implemented in `storage/accounts/`. */
export interface ReportStore {
  /** Durable when it returns. Of one person the newest 100 are kept, and of all 2,000; `gone` gave way. */
  addReport(report: NewReport): { gone: number }
  /** Newest first; with `before`, those with a lower id. */
  reports(before: number | undefined, limit: number): Report[]
  reportCounts(): { total: number; unseen: number }
  /** All up to this one are no longer new. */
  reportsSeen(upTo: number): void
  /** False where there is no such report. */
  dismissReport(id: number): boolean
}
