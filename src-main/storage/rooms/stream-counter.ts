import type { StreamPos } from '../../rooms/ports.ts'
import type { Database } from '../database.ts'

/** The one counter of stream positions; a position that was rolled back is given again. */
export class StreamCounter {
  private readonly db: Database
  private pos: StreamPos | undefined

  constructor(db: Database) {
    this.db = db
  }

  dropCaches(): void {
    this.pos = undefined
  }

  current(): StreamPos {
    this.pos ??= Number(this.db.get('SELECT pos FROM stream_counter')?.['pos'] ?? 0)
    return this.pos
  }

  next(): StreamPos {
    const pos = this.current() + 1
    this.db.run('UPDATE stream_counter SET pos = ?', pos)
    this.pos = pos
    return pos
  }
}
