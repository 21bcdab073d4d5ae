import { serverNameOf } from '../core/ids.ts'
import type { ServerName, UserId } from '../core/types.ts'
import { RemoteError } from '../rooms/ports.ts'
import { localUsersSharing, whileAsking, type KeysContext } from './context.ts'
import { readDevices, readQuery } from './read-answers.ts'

const FIRST_BACKOFF_MS = 2_000
const MAX_BACKOFF_MS = 3_600_000
/** Between two requests to a server: who says without end that lists changed is not asked without end. */
const PAUSE_MS = 100
/** Servers that are asked at the same time. */
const MAX_PARALLEL = 16

interface Lane {
  /** What is left of this round. */
  readonly users: Set<UserId>
  running: boolean
  failures: number
  cancel: (() => void) | undefined
}

/**
 * Fetches the device lists of which updates were missed (Server-Server API, "Device Management"): one request
 * at a time to each server, again and again while it is away. What is stale is kept in the store, so that
 * a restart forgets nothing.
 */
export class Resync {
  private readonly ctx: KeysContext
  private readonly lanes = new Map<ServerName, Lane>()
  private readonly running = new Set<Promise<void>>()
  private readonly waiting: ServerName[] = []
  private stopped = false

  constructor(ctx: KeysContext) {
    this.ctx = ctx
  }

  want(users: Iterable<UserId>): void {
    for (const user of users) {
      const server = serverNameOf(user)
      const lane = this.lanes.get(server) ?? {
        users: new Set(),
        running: false,
        failures: 0,
        cancel: undefined,
      }
      lane.users.add(user)
      this.lanes.set(server, lane)
      if (lane.cancel === undefined) this.run(server)
    }
  }

  /** The server can be reached again, or seems so. */
  back(server: ServerName): void {
    const lane = this.lanes.get(server)
    if (lane?.cancel === undefined) return
    lane.cancel()
    lane.cancel = undefined
    this.run(server)
  }

  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running)
  }

  /** What is under way is not waited for: it no longer touches the store. */
  stop(): void {
    this.stopped = true
    for (const lane of this.lanes.values()) lane.cancel?.()
  }

  private run(server: ServerName): void {
    const lane = this.lanes.get(server)
    if (this.stopped || lane === undefined || lane.running || this.waiting.includes(server)) return
    if (this.running.size >= MAX_PARALLEL) {
      this.waiting.push(server)
      return
    }
    lane.running = true
    const work = this.ctx.log
      .run('device lists', { server, users: lane.users.size }, () => this.fetchAll(server, lane))
      // Only the store can fail here (a full disk, say): the list stays stale, and is tried again.
      .catch(() => this.later(server, lane))
      .finally(() => {
        lane.running = false
        this.running.delete(work)
        if (lane.users.size === 0) this.lanes.delete(server)
        else if (lane.cancel === undefined) this.run(server)
        const next = this.waiting.shift()
        if (next !== undefined) this.run(next)
      })
    this.running.add(work)
  }

  private async fetchAll(server: ServerName, lane: Lane): Promise<void> {
    for (const user of lane.users) {
      if (this.stopped) return
      if (!this.ctx.domainAllowed(server)) {
        // The lists stay stale, and are fetched when somebody asks for them and the rule has changed.
        lane.users.clear()
        return
      }
      lane.users.delete(user)
      if ((await this.fetch(server, user)) === 'away') {
        lane.users.add(user)
        this.later(server, lane)
        return
      }
      lane.failures = 0
      await new Promise<void>((resolve) => {
        this.ctx.clock.setTimeout(resolve, PAUSE_MS)
      })
    }
  }

  private later(server: ServerName, lane: Lane): void {
    if (this.stopped) return
    const full = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(lane.failures++, 20))
    const delay = full * (0.5 + this.ctx.random.next() / 2)
    lane.cancel = this.ctx.clock.setTimeout(() => this.back(server), delay)
  }

  private fetch(server: ServerName, user: UserId): Promise<'done' | 'away'> {
    const { ctx } = this
    if (ctx.others.status(user)?.stale !== true) return Promise.resolve('done')
    return whileAsking(ctx, [user], async (asking) => {
      const list = await this.ask(server, user)
      if (this.stopped) return 'done'
      if (list === 'away') return 'away'
      const newest = asking.get(user)?.newest
      const stale = newest !== undefined && newest > (list?.streamId ?? -1)
      ctx.local.transaction(() => {
        // A room is no longer shared.
        if (ctx.others.status(user) === undefined) return
        if (list === undefined) ctx.others.forget(user)
        else ctx.others.put(user, { ...list, stale })
        ctx.local.markDeviceListChanged(user)
      })
      ctx.wake(localUsersSharing(ctx, user))
      if (stale && list !== undefined) this.want([user])
      return 'done'
    })
  }

  /** Undefined where the server refuses for good. */
  private async ask(server: ServerName, user: UserId) {
    const { remote, log } = this.ctx
    try {
      const answer = await remote.userDevices(server, user)
      return { ...readDevices(user, answer), streamId: answer.streamId }
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error
      if (error.retryable) return 'away'
      log.note('device list refused', { server, user, error: error.message }, 'warn')
    }
    try {
      return { ...readQuery(user, await remote.queryKeys(server, { [user]: [] })), streamId: undefined }
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error
      if (error.retryable) return 'away'
      log.note('keys refused', { server, user, error: error.message }, 'warn')
      return undefined
    }
  }
}
