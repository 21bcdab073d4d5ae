import { publicKeyFromServerName } from '../core/ids.ts'
import type { JsonObject, ServerName, UserId } from '../core/types.ts'
import type { PresenceMode, PresenceView } from './api.ts'
import type { RoomsContext } from './context.ts'

/** Between two updates to other servers. */
const EVERY_MS = 5_000
const AFTER_MS = 250
const USERS_IN_EDU = 50
/** A server that speaks again so long after it was told everything may have forgotten it: a crash says no goodbye. */
const TELL_AGAIN_MS = 2 * 60_000

/** Tells other servers of this server's users: seldom, together, and only whom the mode allows. */
export class PresenceSender {
  private readonly ctx: RoomsContext
  private readonly viewOf: (user: UserId) => PresenceView | undefined
  /** Servers that know of this server's users what there is to know, and when they were told all of it. */
  private readonly told = new Map<ServerName, number>()
  private readonly toMeet = new Set<ServerName>()
  private readonly unsent = new Set<UserId>()
  private lastSent = -Infinity
  private cancelTimer: (() => void) | undefined
  private serial = 0
  private stopped = false

  constructor(ctx: RoomsContext, viewOf: (user: UserId) => PresenceView | undefined) {
    this.ctx = ctx
    this.viewOf = viewOf
  }

  get mode(): PresenceMode {
    return this.ctx.presenceMode?.() ?? 'lan'
  }

  changed(user: UserId): void {
    this.unsent.add(user)
    this.later()
  }

  /** Another server was heard of or is written to: it is told of everybody, once. */
  met(server: ServerName): void {
    if (this.told.has(server) || server === this.ctx.serverName || !this.maySend(server)) return
    this.toMeet.add(server)
    this.later()
  }

  /** The server told of its own users. */
  heardFrom(server: ServerName): void {
    const told = this.told.get(server)
    if (told !== undefined && this.ctx.clock.now() - told > TELL_AGAIN_MS) this.told.delete(server)
    this.met(server)
  }

  /** What the server knew is out of date; `met` tells it again. */
  forget(server: ServerName): void {
    this.told.delete(server)
  }

  /** Those who are told no more hear a last word, or they would believe the one before for half an hour. */
  modeChanged(): void {
    for (const server of this.told.keys()) if (!this.maySend(server)) this.sayGoodbye(server)
  }

  /** Nobody of this server is there any more. */
  stop(): void {
    this.stopped = true
    this.cancelTimer?.()
    for (const server of this.told.keys()) this.sayGoodbye(server)
  }

  private later(): void {
    if (this.ctx.sendEdu === undefined || this.stopped) return
    const wait = Math.max(AFTER_MS, this.lastSent + EVERY_MS - this.ctx.clock.now())
    this.cancelTimer ??= this.ctx.clock.setTimeout(() => {
      this.cancelTimer = undefined
      this.flush()
    }, wait)
  }

  private flush(): void {
    const { store } = this.ctx
    this.lastSent = this.ctx.clock.now()
    const news = new Map<ServerName, UserId[]>()
    for (const user of this.unsent) {
      const servers = new Set(store.roomsJoinedBy(user).flatMap((roomId) => store.joinedServers(roomId)))
      for (const server of servers) {
        if (server === this.ctx.serverName || !this.maySend(server)) continue
        if (this.told.has(server)) news.set(server, [...(news.get(server) ?? []), user])
        else this.toMeet.add(server)
      }
    }
    this.unsent.clear()
    for (const [server, users] of news) this.send(server, users, false)
    for (const server of this.toMeet) if (this.maySend(server)) this.introduce(server)
    this.toMeet.clear()
  }

  private introduce(server: ServerName): void {
    const users = this.usersNear(server)
    if (users.length === 0) return
    this.told.set(server, this.ctx.clock.now())
    this.send(server, users, false)
  }

  private sayGoodbye(server: ServerName): void {
    this.told.delete(server)
    this.send(server, this.usersNear(server), true)
  }

  /** This server's users who are there and share a room with that server. */
  private usersNear(server: ServerName): UserId[] {
    const { store } = this.ctx
    const rooms = store.roomsSharedWithServer(server)
    const users = new Set(rooms.flatMap((roomId) => store.joinedLocalUsers(roomId)))
    return [...users].filter((user) => (this.viewOf(user)?.presence ?? 'offline') !== 'offline')
  }

  private send(server: ServerName, users: readonly UserId[], isGoodbye: boolean): void {
    const views = users.flatMap((user) => this.viewOf(user) ?? [])
    for (let at = 0; at < views.length; at += USERS_IN_EDU) {
      const push = views.slice(at, at + USERS_IN_EDU).map((view) => pushOf(view, isGoodbye))
      const edu = { edu_type: 'm.presence', content: { push } }
      this.ctx.sendEdu?.([server], edu, `m.presence ${++this.serial}`)
    }
  }

  maySend(server: ServerName): boolean {
    const { mode } = this
    if (mode === 'off' || !this.ctx.domainAllowed(server)) return false
    return mode === 'on' || publicKeyFromServerName(server) !== undefined
  }
}

function pushOf(view: PresenceView, isGoodbye: boolean): JsonObject {
  const push: JsonObject = {
    user_id: view.userId,
    presence: isGoodbye ? 'offline' : view.presence,
    last_active_ago: view.lastActiveAgo,
  }
  if (isGoodbye) return push
  if (view.presence === 'online') push['currently_active'] = view.currentlyActive
  if (view.statusMsg !== undefined) push['status_msg'] = view.statusMsg
  return push
}
