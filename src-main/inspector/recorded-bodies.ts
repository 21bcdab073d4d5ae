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

  add(id: number, json: string): void {
    this.whole.set(id, json)
    this.bytes += json.length
    for (const [oldest, text] of this.whole) {
      if (this.bytes <= MAX_BYTES) break
      this.whole.delete(oldest)
      this.bytes -= text.length
    }
  }

  get(id: number): TraceRecord | undefined {
    const json = this.whole.get(id)
    return json === undefined ? undefined : (JSON.parse(json) as TraceRecord)
  }

  clear(): void {
    this.whole.clear()
    this.bytes = 0
  }
}
