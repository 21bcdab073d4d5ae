import { own, ownString } from '../core/json.ts'
import { parseUserId } from '../core/ids.ts'
import type { JsonObject, ServerName, UserId } from '../core/types.ts'
import type { Presence, PresenceName, PresenceView, SetPresenceArgs } from './api.ts'
import { serverOf, type RoomsContext } from './context.ts'
import { PresenceDevices } from './presence-devices.ts'
import { PresenceSender } from './presence-sender.ts'
import { aclAllows } from './server-acl.ts'
import { UpdateBudget } from './update-budget.ts'

/** Said again to other servers in time before they forget it. */
const KEEP_ALIVE_MS = 15 * 60_000
/** What another server said last counts for so long. */
const REMOTE_GONE_MS = 30 * 60_000
const SWEEP_MS = 30_000
/** Changes of this time are told to clients together. */
const TELL_CLIENTS_AFTER_MS = 100
const MAX_REMOTE_USERS = 5_000
const MAX_PUSHES = 100
/** Updates that one server may send in this time; presence may be lost, so the rest is. */
const MAX_UPDATES = 500
const UPDATES_MS = 10_000
const MAX_STATUS = 1_024

interface State {
  presence: PresenceName
  statusMsg: string | undefined
  lastActive: number
  /** When another server said it, or this one last told others. */
  said: number
  serial: number
}

/**
 * Who is there: in memory, as it is worth nothing after a restart. Client-server "Presence", server-server
 * "Presence". What other servers say is bounded in number and in time.
 */
export class PresenceTracker implements Presence {
  private readonly ctx: RoomsContext
  private readonly sender: PresenceSender
  private readonly states = new Map<UserId, State>()
  private readonly devices = new PresenceDevices()
  /** How many of a server's users are there. */
  private readonly present = new Map<ServerName, number>()
  private readonly budget: UpdateBudget
  private readonly news = new Set<UserId>()
  private serialNumber: number
  private isHidden: boolean
  private cancelTelling: (() => void) | undefined
  private cancelSweep: (() => void) | undefined

  constructor(ctx: RoomsContext) {
    this.ctx = ctx
    this.budget = new UpdateBudget(ctx.clock, MAX_UPDATES, UPDATES_MS)
    this.sender = new PresenceSender(ctx, (user) => this.of(user))
    // Higher than any that an earlier run gave to clients, so that they hear everything anew.
    this.serialNumber = ctx.clock.now()
    this.isHidden = this.sender.mode === 'off'
  }

  get serial(): number {
    return this.serialNumber
  }

  of(user: UserId): PresenceView | undefined {
    const state = this.states.get(user)
    return state === undefined ? undefined : this.view(user, state)
  }

  since(serial: number): PresenceView[] {
    if (serial === this.serialNumber) return []
    return [...this.states]
      .filter(([, state]) => state.serial > serial)
      .map(([user, state]) => this.view(user, state))
  }

  set(args: SetPresenceArgs): void {
    const { user, device, presence } = args
    this.devices.set(user, device, presence, this.ctx.clock.now())
    this.update(user, Object.hasOwn(args, 'statusMsg') ? { statusMsg: args.statusMsg } : undefined)
    this.sweepLater()
  }

  met(server: ServerName): void {
    this.sender.met(server)
  }

  back(server: ServerName): void {
    this.sender.forget(server)
    this.sender.met(server)
  }

  gone(server: ServerName): void {
    this.sender.forget(server)
    for (const [user, state] of this.states) {
      if (serverOf(user) === server && state.presence !== 'offline') this.goOffline(user, state)
    }
  }

  tells(server: ServerName): boolean {
    return this.sender.maySend(server)
  }

  modeChanged(): void {
    this.sender.modeChanged()
    this.isHidden = this.sender.mode === 'off'
    for (const [user, state] of this.states) {
      if (!this.isLocal(user)) continue
      this.changed(user, state)
      this.sender.changed(user)
    }
  }

  receive(origin: ServerName, content: JsonObject): void {
    const push = own(content, 'push')
    if (!Array.isArray(push) || origin === this.ctx.serverName) return
    const now = this.ctx.clock.now()
    const wasEmpty = !this.present.has(origin)
    for (const each of push.slice(0, this.budget.take(origin, Math.min(push.length, MAX_PUSHES)))) {
      const user = parseUserId(own(each, 'user_id'))
      const presence = names.find((name) => name === own(each, 'presence'))
      if (user?.serverName !== origin || presence === undefined || !this.isNear(origin, user.userId)) continue
      const ago = own(each, 'last_active_ago')
      this.remember(user.userId, {
        presence,
        statusMsg: ownString(each, 'status_msg')?.slice(0, MAX_STATUS),
        lastActive: typeof ago === 'number' && ago >= 0 ? Math.max(0, now - ago) : now,
        said: now,
      })
    }
    // Whoever tells of its users is told of ours; after a restart it has forgotten them.
    if (wasEmpty && this.present.has(origin)) this.sender.forget(origin)
    this.sender.heardFrom(origin)
    this.sweepLater()
  }

  stop(): void {
    this.sender.stop()
    this.cancelTelling?.()
    this.cancelSweep?.()
  }

  private remember(user: UserId, said: Omit<State, 'serial'>): void {
    const known = this.states.get(user)
    if (known === undefined && said.presence === 'offline') return
    const state = { serial: known?.serial ?? 0, ...said }
    // In the order in which they were last heard of, so that the oldest can be forgotten first.
    this.forget(user)
    this.states.set(user, state)
    if (state.presence !== 'offline') this.count(user, 1)
    if (known?.presence !== said.presence || known.statusMsg !== said.statusMsg) this.changed(user, state)
    if (this.states.size <= MAX_REMOTE_USERS) return
    for (const oldest of this.states.keys()) {
      if (this.isLocal(oldest)) continue
      this.forget(oldest)
      return
    }
  }

  private forget(user: UserId): void {
    if ((this.states.get(user)?.presence ?? 'offline') !== 'offline') this.count(user, -1)
    this.states.delete(user)
  }

  private count(user: UserId, change: 1 | -1): void {
    const server = serverOf(user)
    const count = (this.present.get(server) ?? 0) + change
    if (count > 0) this.present.set(server, count)
    else this.present.delete(server)
  }

  /** In a room with users of this server, and its server may speak there. */
  private isNear(origin: ServerName, user: UserId): boolean {
    const { ctx } = this
    return ctx.store
      .roomsJoinedBy(user)
      .some((roomId) => ctx.store.getRoom(roomId)?.participating === true && aclAllows(ctx, roomId, origin))
  }

  /** Puts together what the devices of a local user say. */
  private update(user: UserId, change?: { statusMsg: string | undefined }): void {
    const now = this.ctx.clock.now()
    const presence = this.devices.of(user)
    const known = this.states.get(user)
    if (known === undefined && presence === 'offline' && change === undefined) return
    const before = change ?? known ?? { statusMsg: this.ctx.users.presence?.(user)?.statusMsg }
    const state: State = {
      presence,
      statusMsg: before.statusMsg,
      lastActive: presence === 'online' ? now : (known?.lastActive ?? now),
      said: known?.said ?? now,
      serial: known?.serial ?? 0,
    }
    this.states.set(user, state)
    if (known?.presence === presence && known.statusMsg === state.statusMsg) return
    state.said = now
    this.changed(user, state)
    this.sender.changed(user)
  }

  private goOffline(user: UserId, state: State): void {
    state.presence = 'offline'
    this.count(user, -1)
    this.changed(user, state)
  }

  private changed(user: UserId, state: State): void {
    state.serial = ++this.serialNumber
    this.news.add(user)
    this.cancelTelling ??= this.ctx.clock.setTimeout(() => {
      this.cancelTelling = undefined
      const rooms = new Set([...this.news].flatMap((each) => this.ctx.store.roomsJoinedBy(each)))
      const users = [...this.news].filter((each) => this.isLocal(each))
      this.news.clear()
      this.ctx.listener.committed({ pos: this.ctx.store.maxStreamPos(), rooms: [...rooms], users })
    }, TELL_CLIENTS_AFTER_MS)
  }

  private sweepLater(): void {
    if (this.states.size === 0 || this.ctx.stopped) return
    this.cancelSweep ??= this.ctx.clock.setTimeout(() => {
      this.cancelSweep = undefined
      this.sweep()
      this.sweepLater()
    }, SWEEP_MS)
  }

  private sweep(): void {
    const now = this.ctx.clock.now()
    for (const user of this.devices.sweep(now)) this.update(user)
    for (const [user, state] of this.states) {
      if (state.presence === 'offline') continue
      if (!this.isLocal(user)) {
        if (now - state.said > REMOTE_GONE_MS) this.goOffline(user, state)
      } else if (now - state.said >= KEEP_ALIVE_MS) {
        state.said = now
        this.sender.changed(user)
      }
    }
  }

  private view(user: UserId, state: State): PresenceView {
    const isHidden = this.isHidden && this.isLocal(user)
    return {
      userId: user,
      presence: isHidden ? 'offline' : state.presence,
      statusMsg: isHidden ? undefined : state.statusMsg,
      lastActiveAgo: Math.max(0, this.ctx.clock.now() - state.lastActive),
      currentlyActive: !isHidden && state.presence === 'online',
    }
  }

  private isLocal(user: UserId): boolean {
    return serverOf(user) === this.ctx.serverName
  }
}

const names: readonly PresenceName[] = ['online', 'unavailable', 'offline']
