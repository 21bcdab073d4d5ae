import type { TraceRecord } from './records.ts'

const MAX_BYTES = 32 * 1024 * 1024

/**
 * Records with what was sent and answered, the newest of them: in memory only, so that what somebody deletes is
 * not left on disk.
 */
export class RecordedBodies {
  private readonly whole = new Map<number, string>()
  bytes = 0

  get records(): number {
    return this.whole.size
  }

  /** Answers the record's JSON without bodies, for everything else. */
  take(record: TraceRecord): string {
    const json = JSON.stringify(record)
    if (!json.includes('"bodies":{')) return json
    const lean = withoutBodies({ ...record, recorded: true })
    this.whole.set(record.id, json)
    this.bytes += json.length
    for (const [id, oldest] of this.whole) {
      if (this.bytes <= MAX_BYTES) break
      this.whole.delete(id)
      this.bytes -= oldest.length
    }
    return lean
  }

  get(id: number): TraceRecord | undefined {
    const json = this.whole.get(id)
    return json === undefined ? undefined : { ...(JSON.parse(json) as TraceRecord), recorded: true }
  }

  clear(): void {
    this.whole.clear()
    this.bytes = 0
  }
}

export function withoutBodies(record: TraceRecord): string {
  return JSON.stringify(record, (key, value: unknown) => (key === 'bodies' ? undefined : value))
}
