import type { RoomId } from '../core/types.ts'
import type { RoomsContext } from './context.ts'

const FIRST_RETRY_MS = 2_000
const LONGEST_RETRY_MS = 10 * 60_000
/** About three hours of back-off. */
const MAX_ATTEMPTS = 24
/** More may not wait in one room: they would be read over and over. */
const MAX_DEFERRED = 1_000

export interface Deferred {
  /** How often it was tried. */
  readonly attempts: number
  /** By the monotonic clock. */
  readonly dueAt: number
}

/**
 * When the staged events that could not be decided are tried again. Events are named by the numbers under which
 * they are staged. Of this run only: after a restart all of them are tried at once.
 */
export class DeferredEvents {
  private readonly ctx: RoomsContext
  private readonly tryAgain: (roomId: RoomId) => void
  private readonly rooms = new Map<RoomId, Map<number, Deferred>>()
  private readonly timers = new Map<RoomId, { dueAt: number; cancel: () => void }>()

  constructor(ctx: RoomsContext, tryAgain: (roomId: RoomId) => void) {
    this.ctx = ctx
    this.tryAgain = tryAgain
  }

  count(roomId: RoomId): number {
    return this.rooms.get(roomId)?.size ?? 0
  }

  waits(roomId: RoomId, id: number): boolean {
    return (this.rooms.get(roomId)?.get(id)?.dueAt ?? 0) > this.ctx.clock.monotonic()
  }

  /** The next attempt at an event; undefined where it is given up. */
  next(roomId: RoomId, id: number): (Deferred & { readonly delay: number }) | undefined {
    const known = this.rooms.get(roomId)?.get(id)
    const attempts = (known?.attempts ?? 0) + 1
    if (attempts > MAX_ATTEMPTS || (known === undefined && this.count(roomId) >= MAX_DEFERRED))
      return undefined
    const delay = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LONGEST_RETRY_MS)
    return {
      attempts,
      delay,
      dueAt: this.ctx.clock.monotonic() + delay * (0.75 + this.ctx.random.next() / 2),
    }
  }

  defer(roomId: RoomId, id: number, { attempts, dueAt }: Deferred): void {
    const room = this.rooms.get(roomId) ?? new Map<number, Deferred>()
    room.set(id, { attempts, dueAt })
    this.rooms.set(roomId, room)
    this.schedule(roomId, dueAt)
  }

  /** It is decided. */
  forget(roomId: RoomId, id: number): void {
    const room = this.rooms.get(roomId)
    room?.delete(id)
    if (room?.size === 0) this.rooms.delete(roomId)
  }

  /** Has the whole room tried again, where that failed. */
  soon(roomId: RoomId): void {
    this.schedule(roomId, this.ctx.clock.monotonic() + FIRST_RETRY_MS)
  }

  stop(): void {
    for (const timer of this.timers.values()) timer.cancel()
    this.timers.clear()
  }

  private schedule(roomId: RoomId, dueAt: number): void {
    const timer = this.timers.get(roomId)
    if (timer !== undefined && timer.dueAt <= dueAt) return
    timer?.cancel()
    const cancel = this.ctx.clock.setTimeout(
      () => {
        this.timers.delete(roomId)
        this.tryAgain(roomId)
        // What is due now has its turn, and a time of its own if it has to wait again; the others have theirs.
        const now = this.ctx.clock.monotonic()
        const later = [...(this.rooms.get(roomId)?.values() ?? [])].filter(({ dueAt: at }) => at > now)
        if (later.length > 0) this.schedule(roomId, Math.min(...later.map(({ dueAt: at }) => at)))
      },
      Math.max(0, dueAt - this.ctx.clock.monotonic()) + 1,
    )
    this.timers.set(roomId, { dueAt, cancel })
  }
}
