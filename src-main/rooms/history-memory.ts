import type { EventId, PduJson, RoomId, ServerName } from '../core/types.ts'
import { LruCache } from './lru-cache.ts'
import type { TimelinePos } from './ports.ts'

/** What fetching history remembers between one request and the next; all of it may be lost at any time. */
export interface HistoryMemory {
  /** `room server`: when the server last had nothing of use. */
  readonly useless: LruCache<string, number>
  /** Missing events that no server had when all were asked, and when that was. */
  readonly inVain: LruCache<EventId, number>
  /** Requests made before their answer is wanted, one a room. */
  readonly early: LruCache<RoomId, EarlyAnswer>
  /** Rooms whose history is being fetched ahead of a reader, and how far the furthest one has come. */
  readonly readers: Map<RoomId, TimelinePos>
}

export interface EarlyAnswer {
  readonly server: ServerName
  readonly missing: readonly EventId[]
  readonly answer: Promise<PduJson[] | undefined>
}

export function createHistoryMemory(): HistoryMemory {
  return {
    useless: new LruCache(1_000),
    inVain: new LruCache(10_000),
    early: new LruCache(20),
    readers: new Map(),
  }
}

/** A server is back: what nobody had may be had now. */
export function forgetFailures(memory: HistoryMemory): void {
  memory.useless.clear()
  memory.inVain.clear()
}
