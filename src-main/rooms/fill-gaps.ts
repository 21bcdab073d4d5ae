import type { RoomId, ServerName } from '../core/types.ts'
import { sleep } from '../trace/clock.ts'
import type { LogItem } from '../trace/log.ts'
import { breathe } from '../trace/turns.ts'
import { backfill } from './backfill.ts'
import { inBackground, type RoomsContext } from './context.ts'
import { LruCache } from './lru-cache.ts'
import { TIMELINE_STEP, type Gap } from './ports.ts'

const PAGE = 100
/** Rooms filled at the same time: what arrives, and who scrolls, comes first. */
const AT_ONCE = 2
/** Of one room within an hour, as a server may invent history without end. */
const MAX_PAGES = 250
const BUDGET_MS = 3_600_000
/** And as long as the node runs; the rest is loaded when somebody scrolls there. */
const MAX_HOURS = 10
/** What arrives has its place first: so long at most. */
const PATIENCE_MS = 2_000
const LOOK_AGAIN_MS = 50
const RETRIES_MS = [2_000, 10_000, 60_000, 10 * 60_000]
/** From then on, as long as the gap is there: who could fill it may return and not say so. */
const RETRY_MS = 3_600_000
/** After a fault of this server, such as a full disk. */
const OWN_FAULT_MS = 30_000

/**
 * After an absence the newest events of a room are placed at once, above a gap; this fetches what is in the
 * gap, without anybody having to scroll there. The gaps are on disk, so that a restart goes on where this was.
 * What lies before all that is known (history from before the join) is left to those who scroll.
 */
export class GapFiller {
  private readonly ctx: RoomsContext
  private readonly queue = new Set<RoomId>()
  private readonly failures = new Map<RoomId, number>()
  private readonly timers = new Map<RoomId, () => void>()
  private readonly budgets = new LruCache<RoomId, { pages: number; since: number; hours: number }>(1_000)
  private running = 0

  constructor(ctx: RoomsContext) {
    this.ctx = ctx
  }

  /** Looks at all rooms: what an earlier run left. */
  resume(): void {
    for (const room of this.ctx.store.listRooms()) if (room.participating) this.soon(room.roomId)
  }

  /** The room may have a gap. */
  soon(roomId: RoomId): void {
    this.timers.get(roomId)?.()
    this.timers.delete(roomId)
    if (this.ctx.stopped || this.queue.has(roomId)) return
    if (this.innerGap(roomId) === undefined) {
      this.failures.delete(roomId)
      return
    }
    this.queue.add(roomId)
    this.next()
  }

  /** These servers are there again: what nobody could fill, they may. */
  back(servers: readonly ServerName[] | undefined): void {
    for (const roomId of [...this.timers.keys()]) {
      const joined = this.ctx.store.joinedServers(roomId)
      if (servers !== undefined && !servers.some((server) => joined.includes(server))) continue
      // They may be gone again at once: then not an hour is waited for them.
      this.failures.delete(roomId)
      this.soon(roomId)
    }
  }

  stop(): void {
    for (const cancel of this.timers.values()) cancel()
    this.timers.clear()
    this.queue.clear()
  }

  private next(): void {
    for (const roomId of this.queue) {
      if (this.running >= AT_ONCE || this.ctx.stopped) return
      this.queue.delete(roomId)
      this.running++
      inBackground(this.ctx, 'fill gaps', { room: roomId }, async (item) => {
        try {
          await this.fill(item, roomId)
        } catch (error) {
          this.lookAgain(roomId, OWN_FAULT_MS)
          throw error
        } finally {
          this.running--
          this.next()
        }
      })
    }
  }

  private async fill(item: LogItem, roomId: RoomId): Promise<void> {
    await this.quiet()
    let pages = 0
    for (let gap = this.innerGap(roomId); gap !== undefined; gap = this.innerGap(roomId)) {
      if (this.ctx.stopped) break
      const wait = this.spend(roomId)
      if (wait > 0) {
        if (Number.isFinite(wait)) this.lookAgain(roomId, wait)
        const reason = `${MAX_PAGES} pages an hour are fetched unasked, for ${MAX_HOURS} hours`
        item.note('left for later', { room: roomId, reason }, 'info')
        break
      }
      const came = await backfill(this.ctx, roomId, gap.timelinePos, PAGE)
      if (!came) return this.later(roomId)
      pages++
      this.failures.delete(roomId)
      await breathe()
    }
    item.set({ pages })
  }

  private async quiet(): Promise<void> {
    const { clock, lanes } = this.ctx
    const end = clock.monotonic() + PATIENCE_MS
    while (lanes.busy && !this.ctx.stopped && clock.monotonic() < end) await sleep(clock, LOOK_AGAIN_MS)
  }

  /** Zero where another page may be asked for, else how long that has to wait: milliseconds. */
  private spend(roomId: RoomId): number {
    const now = this.ctx.clock.monotonic()
    let budget = this.budgets.get(roomId)
    if (budget === undefined || now - budget.since >= BUDGET_MS) {
      budget = { pages: 0, since: now, hours: (budget?.hours ?? 0) + 1 }
      this.budgets.set(roomId, budget)
    }
    if (budget.hours > MAX_HOURS) return Number.POSITIVE_INFINITY
    return budget.pages++ < MAX_PAGES ? 0 : budget.since + BUDGET_MS - now
  }

  private later(roomId: RoomId): void {
    const failures = this.failures.get(roomId) ?? 0
    this.failures.set(roomId, failures + 1)
    this.lookAgain(roomId, RETRIES_MS[failures] ?? RETRY_MS)
  }

  private lookAgain(roomId: RoomId, afterMs: number): void {
    if (this.ctx.stopped) return
    this.timers.get(roomId)?.()
    this.timers.set(
      roomId,
      this.ctx.clock.setTimeout(() => this.soon(roomId), afterMs),
    )
  }

  /** The newest gap that has something known below it. */
  private innerGap(roomId: RoomId): Gap | undefined {
    const { store } = this.ctx
    const lowest = store.lowestTimelinePos(roomId)
    if (lowest === undefined) return undefined
    const bottom = Math.ceil(lowest / TIMELINE_STEP)
    return store.gaps(roomId).find((gap) => Math.ceil(gap.timelinePos / TIMELINE_STEP) > bottom)
  }
}
