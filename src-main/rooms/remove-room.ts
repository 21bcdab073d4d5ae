import type { RoomId, UserId } from '../core/types.ts'
import { sleep } from '../trace/clock.ts'
import type { LogItem } from '../trace/log.ts'
import { breathe } from '../trace/turns.ts'
import { RoomError } from './api.ts'
import { commit } from './commit.ts'
import { inBackground, type RoomsContext } from './context.ts'
import type { PendingLeaves } from './leaving/pending-leaves.ts'
import { leaveRoom } from './leave-room.ts'
import { redactAll } from './redact-all.ts'
import type { Removal } from './removal-ports.ts'
import { forgetMemberships } from './visibility.ts'

/** Events of one transaction: the event loop is not held up for long. */
const PURGED_AT_ONCE = 50
/** Other devices of the user learn of the leave by `/sync` while the event is still here. */
const GRACE_MS = 2_000
/** How often it is looked whether other servers have got what they still have to get. */
const FIRST_LOOK_MS = 2_000
const LONGEST_LOOK_MS = 10 * 60_000
/** Who asked is answered after this, however much there is to redact, and whoever it waits for. */
const ANSWER_AFTER_MS = 5_000

/**
 * Takes a user out of rooms for good: redacts what they said, where wished, then leaves (or rejects the
 * invite), then removes the room from this disk where nobody else here has it. The wish is durable before
 * anything else, and taken up again by `resume`; each step can be repeated.
 */
export class RoomRemover {
  private readonly ctx: RoomsContext
  private readonly leaves: PendingLeaves
  private readonly running = new Map<string, Promise<void>>()
  private readonly looks = new Set<() => void>()
  private readonly stopping = new AbortController()

  constructor(ctx: RoomsContext, leaves: PendingLeaves) {
    this.ctx = ctx
    this.leaves = leaves
  }

  /** Resolves to whether the user is out already; else that follows. Throws `RoomError` for a stranger to the room. */
  async remove(removal: Removal): Promise<boolean> {
    const { ctx } = this
    const { userId, roomId } = removal
    if (ctx.store.localMembership(userId, roomId) === undefined)
      throw new RoomError(404, 'M_NOT_FOUND', 'You are not in this room.')
    commit(ctx, () => ctx.store.putRemoval(removal))
    return this.inTime(this.start(removal))
  }

  /** Records the wish for all rooms of a user, in the caller's transaction; then `resume` does the rest. */
  removeAll(userId: UserId, redact: boolean): void {
    for (const { roomId } of this.ctx.store.localMemberships(userId))
      this.ctx.store.putRemoval({ userId, roomId, redact })
  }

  /** Answers as `remove` does, for all. */
  resume(): Promise<boolean> {
    return this.inTime(Promise.all(this.ctx.store.removals().map((removal) => this.start(removal))))
  }

  private async inTime(work: Promise<unknown>): Promise<boolean> {
    let cancel = (): void => undefined
    const late = new Promise<boolean>((resolve) => {
      cancel = this.ctx.clock.setTimeout(() => resolve(false), ANSWER_AFTER_MS)
    })
    const done = await Promise.race([work.then(() => true), late])
    cancel()
    return done
  }

  /** Resolves when the user is out of the room. */
  private start(removal: Removal): Promise<void> {
    const key = `${removal.userId} ${removal.roomId}`
    const known = this.running.get(key)
    if (known !== undefined) return known
    const out = new Promise<void>((resolve) => {
      const { ctx } = this
      inBackground(ctx, 'remove room', { room: removal.roomId, user: removal.userId }, async (item) => {
        try {
          await this.getOut(item, removal)
          resolve()
          await sleep(ctx.clock, GRACE_MS, this.stopping.signal)
          if (!ctx.stopped) await this.purge(item, removal)
        } finally {
          this.running.delete(key)
          resolve()
        }
      })
    })
    this.running.set(key, out)
    return out
  }

  private async getOut(item: LogItem, { userId, roomId, redact }: Removal): Promise<void> {
    const { ctx } = this
    if (redact && ctx.store.member(roomId, userId)?.membership === 'join')
      await redactAll(ctx, item, userId, roomId, this.stopping.signal)
    if (ctx.stopped) return
    try {
      await leaveRoom(ctx, this.leaves, { user: userId, roomId })
    } catch (error) {
      // Out already: banned, or never in.
      if (!(error instanceof RoomError) || error.status >= 500) throw error
      item.note('no leave', { reason: error.message }, 'info')
    }
  }

  private async purge(item: LogItem, removal: Removal, nextLookMs = FIRST_LOOK_MS): Promise<void> {
    const { ctx } = this
    const { userId, roomId } = removal
    await ctx.lanes.run(roomId, async () => {
      // They came back meanwhile.
      const membership = ctx.store.localMembership(userId, roomId)?.membership
      if (membership !== undefined && membership !== 'leave' && membership !== 'ban') {
        commit(ctx, () => ctx.store.deleteRemoval(userId, roomId))
        return
      }
      commit(ctx, () => ctx.store.forgetRoom(userId, roomId))
      const isAlone = !ctx.store.isWanted(roomId) && ctx.store.getRoom(roomId)?.participating !== true
      if (isAlone) await purgeAll(ctx, item, roomId)
      if (ctx.stopped) return
      if (!isAlone || ctx.store.storedEvents(roomId) === 0)
        commit(ctx, () => ctx.store.deleteRemoval(userId, roomId))
      else this.lookLater(removal, nextLookMs)
    })
  }

  /** What waits for other servers goes when they have it. */
  private lookLater(removal: Removal, afterMs: number): void {
    const { ctx } = this
    const cancel = ctx.clock.setTimeout(() => {
      this.looks.delete(cancel)
      const values = { room: removal.roomId, user: removal.userId }
      if (!ctx.stopped) {
        inBackground(ctx, 'remove room', values, (item) =>
          this.purge(item, removal, Math.min(afterMs * 2, LONGEST_LOOK_MS)),
        )
      }
    }, afterMs)
    this.looks.add(cancel)
  }

  stop(): void {
    this.stopping.abort()
    for (const cancel of this.looks) cancel()
    this.looks.clear()
  }
}

async function purgeAll(ctx: RoomsContext, item: LogItem, roomId: RoomId): Promise<void> {
  let count = 0
  for (let done = false; !done && !ctx.stopped;) {
    done = commit(ctx, (effects) => {
      const purged = ctx.store.purgeRoom(roomId, PURGED_AT_ONCE)
      effects.redacted.push(...purged.removed)
      count += purged.removed.length
      return purged.done
    })
    if (done) {
      // All of them know state groups by numbers that are gone.
      ctx.resolved.clear()
      ctx.stateAfterMissing.clear()
      forgetMemberships(ctx)
    }
    await breathe()
  }
  if (count > 0) item.note('purged', { events: count }, 'info')
}
