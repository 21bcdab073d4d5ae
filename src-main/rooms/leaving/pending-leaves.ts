import type { RoomId, ServerName, UserId } from '../../core/types.ts'
import { commit } from '../commit.ts'
import { inBackground, type RoomsContext } from '../context.ts'
import { withReason } from '../member-content.ts'
import { leaveThrough } from './leave-through.ts'
import type { PendingLeave } from './ports.ts'

const FIRST_WAIT_MS = 5_000
/** However often a server is heard of. */
const LEAST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 60 * 60_000
/** After so long nobody waits for the news any more. */
const GIVE_UP_MS = 30 * 24 * 60 * 60_000
/** A join of which nobody knows whether it happened: the user may well try again first. */
const DOUBT_MS = 5 * 60_000
const MAX_SERVERS = 5

type Row = PendingLeave & { waitMs: number; nextTs: number; lastTs: number; running: boolean }

/**
 * Leaves that other servers still have to be told of: of invites that were declined while their server
 * was away, of knocks taken back, of joins that broke off where nobody knows what the other server made
 * of them. Told as soon as one of the servers is there again; durable, so that a restart forgets nothing.
 */
export class PendingLeaves {
  private readonly ctx: RoomsContext
  private readonly rows = new Map<string, Row>()
  private cancel = (): void => undefined

  constructor(ctx: RoomsContext) {
    this.ctx = ctx
  }

  resume(): void {
    for (const row of this.ctx.store.pendingLeaves()) this.remember(row)
    this.schedule()
  }

  stop(): void {
    this.cancel()
  }

  /** In the transaction in which the user leaves here; to be followed by `begin` when that is on disk. */
  write(leave: Pick<PendingLeave, 'userId' | 'roomId' | 'servers' | 'reason'>, delayMs = 0): PendingLeave {
    const row = this.rowOf(leave, delayMs)
    this.ctx.store.putPendingLeave(row)
    return row
  }

  private rowOf(
    leave: Pick<PendingLeave, 'userId' | 'roomId' | 'servers' | 'reason'>,
    delayMs: number,
  ): PendingLeave {
    const now = this.ctx.clock.now()
    const servers = leave.servers.slice(0, MAX_SERVERS)
    return { ...leave, servers, sinceTs: now, notBeforeTs: now + delayMs }
  }

  begin(row: PendingLeave): void {
    this.remember(row)
    this.schedule()
  }

  /** The room has been told after all, or the user is in it again. */
  drop(userId: UserId, roomId: RoomId): void {
    const row = this.rows.get(keyOf({ userId, roomId }))
    if (row !== undefined) this.done(row)
  }

  /** A join broke off after it was sent: unless the user gets in after all, the room is told that they are out. */
  doubt(userId: UserId, roomId: RoomId, servers: readonly ServerName[]): void {
    const waiting = this.ctx.store.localMembership(userId, roomId)?.membership
    // An invite that still waits is answered by the user.
    if (waiting === 'invite' || waiting === 'join') return
    const row = this.rowOf({ userId, roomId, servers, reason: undefined }, DOUBT_MS)
    // First in memory: the join may have broken off because the disk is full, and this cannot be written either.
    this.begin(row)
    commit(this.ctx, () => this.ctx.store.putPendingLeave(row))
  }

  /** One of the servers is heard of again. */
  back(server: ServerName): void {
    for (const row of this.rows.values()) {
      if (row.running || !row.servers.includes(server)) continue
      if (this.ctx.clock.now() - row.lastTs < LEAST_WAIT_MS) continue
      row.waitMs = FIRST_WAIT_MS
      this.tellSoon(row)
    }
  }

  private remember(row: PendingLeave): void {
    const nextTs = Math.max(row.notBeforeTs, this.ctx.clock.now() + FIRST_WAIT_MS)
    this.rows.set(keyOf(row), { ...row, waitMs: FIRST_WAIT_MS, nextTs, lastTs: 0, running: false })
  }

  private schedule(): void {
    this.cancel()
    const next = Math.min(...[...this.rows.values()].filter((row) => !row.running).map((row) => row.nextTs))
    if (!Number.isFinite(next) || this.ctx.stopped) return
    this.cancel = this.ctx.clock.setTimeout(
      () => {
        const now = this.ctx.clock.now()
        for (const row of this.rows.values()) if (!row.running && row.nextTs <= now) this.tellSoon(row)
        this.schedule()
      },
      Math.max(0, next - this.ctx.clock.now()),
    )
  }

  private tellSoon(row: Row): void {
    if (this.ctx.stopped || this.ctx.clock.now() < row.notBeforeTs) return
    row.running = true
    const { roomId, userId } = row
    inBackground(this.ctx, 'tell of a leave', { room: roomId, user: userId }, async (item) => {
      try {
        // In the lane, as the user may be joining just now.
        await this.ctx.lanes.run(roomId, () => this.tell(item, row))
      } finally {
        row.running = false
        row.waitMs = Math.min(LONGEST_WAIT_MS, row.waitMs * 2)
        row.lastTs = this.ctx.clock.now()
        row.nextTs = row.lastTs + row.waitMs
        this.schedule()
      }
    })
  }

  private async tell(item: Parameters<typeof leaveThrough>[1], row: Row): Promise<void> {
    const { ctx } = this
    if (this.rows.get(keyOf(row)) !== row) return
    const membership = ctx.store.localMembership(row.userId, row.roomId)?.membership
    const isIn = membership === 'join' || membership === 'invite' || membership === 'knock'
    if (isIn || ctx.store.getRoom(row.roomId)?.participating === true) {
      item.note('nothing to tell', { membership: membership ?? 'none' })
      this.done(row)
      return
    }
    if (ctx.clock.now() - row.sinceTs > GIVE_UP_MS) {
      item.note('given up', { servers: row.servers }, 'warn')
      this.done(row)
      return
    }
    const away: ServerName[] = []
    for (const server of row.servers) {
      if (!ctx.domainAllowed(server)) continue
      const { result } = await leaveThrough(ctx, item, server, row, {
        ...withReason(row.reason),
        membership: 'leave',
      })
      if (result === 'left') {
        this.done(row)
        return
      }
      if (result === 'away') away.push(server)
    }
    // All of them answered: there is nothing to leave.
    if (away.length === 0) this.done(row)
  }

  private done(row: Row): void {
    this.rows.delete(keyOf(row))
    commit(this.ctx, () => this.ctx.store.deletePendingLeave(row.userId, row.roomId))
  }
}

const keyOf = (row: { readonly userId: UserId; readonly roomId: RoomId }): string =>
  `${row.userId} ${row.roomId}`
