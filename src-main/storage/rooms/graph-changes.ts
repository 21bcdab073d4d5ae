import type { EventId, RoomId } from '../../core/types.ts'
import type { GraphChanges } from '../../inspector/graph/ports.ts'
import type { RoomStore } from '../../rooms/ports.ts'
import type { Clock, Random } from '../../trace/clock.ts'
import type { Database } from '../database.ts'

/** Changes that are remembered, of all rooms together; who comes later loads the room anew. */
const REMEMBERED = 20_000
/** What comes in one burst is one answer. */
const TOGETHER_MS = 50

interface Change {
  readonly roomId: RoomId
  /** Undefined: the room's extremities or gaps are others. */
  readonly eventId: EventId | undefined
}

/** Remembers, in memory and bounded, which events were written of late; told of a change only after its commit. */
export class GraphChangeLog implements GraphChanges {
  private readonly clock: Clock
  private readonly run: string
  /** Of the oldest change that is remembered. */
  private first = 0
  private changes: Change[] = []
  private readonly waiting = new Map<RoomId, Set<() => void>>()

  constructor({ clock, random }: { clock: Clock; random: Random }) {
    this.clock = clock
    // A position of an earlier run means nothing in this one.
    this.run = random.token(8)
  }

  add(changes: readonly Change[]): void {
    this.changes.push(...changes)
    if (this.changes.length > 2 * REMEMBERED) {
      this.first += this.changes.length - REMEMBERED
      this.changes = this.changes.slice(-REMEMBERED)
    }
    if (this.waiting.size === 0) return
    for (const roomId of new Set(changes.map((change) => change.roomId))) {
      for (const wake of this.waiting.get(roomId) ?? []) wake()
    }
  }

  position(): string {
    return this.at(this.first + this.changes.length)
  }

  since(
    roomId: RoomId,
    position: string,
    limit: number,
  ): { ids: EventId[]; changed: boolean; position: string } | undefined {
    const [run, text = ''] = position.split('.')
    const from = Number(text)
    if (run !== this.run || !/^\d{1,15}$/.test(text)) return undefined
    if (from < this.first || from > this.first + this.changes.length) return undefined
    const ids = new Set<EventId>()
    let changed = false
    let index = from - this.first
    for (; index < this.changes.length; index++) {
      const change = this.changes[index]
      if (change?.roomId !== roomId) continue
      if (change.eventId !== undefined && !ids.has(change.eventId)) {
        if (ids.size === limit) break
        ids.add(change.eventId)
      }
      changed = true
    }
    return { ids: [...ids], changed, position: this.at(this.first + index) }
  }

  async next(roomId: RoomId, signal: AbortSignal, timeoutMs: number): Promise<void> {
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      let cancel = this.clock.setTimeout(done, timeoutMs)
      const set = this.waiting.get(roomId) ?? new Set()
      this.waiting.set(roomId, set.add(wake))
      signal.addEventListener('abort', done, { once: true })
      function wake(this: void): void {
        set.delete(wake)
        cancel()
        cancel = together()
      }
      const together = (): (() => void) => this.clock.setTimeout(done, Math.min(TOGETHER_MS, timeoutMs))
      const forget = (): void => {
        set.delete(wake)
        if (set.size === 0 && this.waiting.get(roomId) === set) this.waiting.delete(roomId)
      }
      function done(): void {
        cancel()
        signal.removeEventListener('abort', done)
        forget()
        resolve()
      }
    })
  }

  private at(seq: number): string {
    return `${this.run}.${seq}`
  }
}

/**
 * The same store; what it writes of a room's graph is told to `log` when it is committed. What is undone may
 * be told too, with the next commit: whoever is told reads it again, and finds nothing new.
 */
export function withGraphChanges(
  store: RoomStore,
  db: Pick<Database, 'inTransaction'>,
  log: GraphChangeLog,
): RoomStore {
  let pending: Change[] = []
  const changed = (roomId: RoomId, eventId?: EventId): void => void pending.push({ roomId, eventId })
  return {
    ...store,
    transaction(fn, survives) {
      const result = store.transaction(fn, survives)
      if (pending.length > 0 && !db.inTransaction) {
        const committed = pending
        pending = []
        log.add(committed)
      }
      return result
    },
    insertEvent(event) {
      store.insertEvent(event)
      changed(event.pdu.roomId, event.pdu.eventId)
    },
    showEvent(eventId, newest) {
      const isLive = store.showEvent(eventId, newest)
      const roomId = store.getEvent(eventId)?.pdu.roomId
      if (roomId !== undefined) changed(roomId, eventId)
      return isLive
    },
    redactEvent(eventId, redacted, by) {
      store.redactEvent(eventId, redacted, by)
      changed(redacted.roomId, eventId)
    },
    setForwardExtremities(roomId, ids) {
      store.setForwardExtremities(roomId, ids)
      changed(roomId)
    },
    addGap(roomId, gap) {
      store.addGap(roomId, gap)
      changed(roomId, gap.eventId)
    },
  }
}
