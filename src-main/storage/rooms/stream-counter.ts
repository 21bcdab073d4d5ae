import type { StreamPos } from '../../rooms/ports.ts'
import type { Database } from '../database.ts'

/**
 * The one counter of stream positions, written once a transaction. A position of a transaction that was undone
 * is given again; one of a savepoint that was undone is not.
 */
export class StreamCounter {
  private readonly db: Database
  private pos: StreamPos | undefined
  private written: StreamPos | undefined

  constructor(db: Database) {
    this.db = db
    db.beforeEveryCommit(() => this.write())
  }

  dropCaches(): void {
    // What is left of the transaction has positions that are not written yet.
    if (this.db.inTransaction) return
    this.pos = undefined
    this.written = undefined
  }

  current(): StreamPos {
    if (this.pos === undefined) {
      this.pos = Number(this.db.get('SELECT pos FROM stream_counter')?.['pos'] ?? 0)
      this.written = this.pos
    }
    return this.pos
  }

  next(): StreamPos {
    this.pos = this.current() + 1
    return this.pos
  }

  private write(): void {
    if (this.pos === undefined || this.pos === this.written) return
    this.db.run('UPDATE stream_counter SET pos = ? WHERE id = 1', this.pos)
    this.written = this.pos
  }
}
