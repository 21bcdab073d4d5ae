/** Records on disk, for what the memory does not hold any more. A trace, not data: nothing relies on it. */
export interface RecordStore {
  /** The number after the last one that another run may have given. */
  readonly firstFree: number
  /** Of these, not everything is kept; rising. */
  lost(): readonly IdRange[]
  /** Why nothing is written now, as a sentence. */
  problem(): string | undefined
  /** Written soon. `json` is a record whose `id` comes first. */
  append(id: number, lane: string, json: Buffer): void
  /** This one is not to be written. */
  leaveOut(id: number): void
  /** Shows `visit` the records between, both included, in their order or from the newest on, until it says false. */
  scan(range: IdRange, order: 'oldest' | 'newest', visit: (json: string) => boolean): Promise<void>
  /** Everything given is on disk. */
  stop(): Promise<void>
}

export interface IdRange {
  readonly from: number
  readonly to: number
}
