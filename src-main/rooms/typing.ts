import { own } from '../core/json.ts'
import { parseRoomId, parseUserId } from '../core/ids.ts'
import type { JsonObject, RoomId, ServerName, UserId } from '../core/types.ts'
import type { RoomsContext } from './context.ts'
import { aclAllows } from './server-acl.ts'
import { UpdateBudget } from './update-budget.ts'

const REMOTE_TIMEOUT_MS = 30_000
const LONGEST_TIMEOUT_MS = 120_000
const MAX_TYPING = 100
/** What one server may say of typing in this time: every word wakes the clients of the room. */
const MAX_UPDATES = 200
const UPDATES_MS = 10_000

/** Who is typing where: in memory, each with a timeout. Server-server "Typing Notifications". */
export class Typing {
  private readonly ctx: RoomsContext
  private readonly rooms = new Map<RoomId, Map<UserId, () => void>>()
  private readonly serials = new Map<RoomId, number>()
  private readonly budget: UpdateBudget
  private serial = 0

  constructor(ctx: RoomsContext) {
    this.ctx = ctx
    this.budget = new UpdateBudget(ctx.clock, MAX_UPDATES, UPDATES_MS)
  }

  users(roomId: RoomId): UserId[] {
    return [...(this.rooms.get(roomId)?.keys() ?? [])]
  }

  serialOf(roomId: RoomId): number {
    return this.serials.get(roomId) ?? 0
  }

  /** A local user; others in the room are told. */
  set(user: UserId, roomId: RoomId, typing: boolean, timeoutMs: number): void {
    const { ctx } = this
    if (ctx.store.member(roomId, user)?.membership !== 'join') return
    const was = this.rooms.get(roomId)?.has(user) === true
    const timeout = Math.min(Math.max(timeoutMs, 1_000), LONGEST_TIMEOUT_MS)
    this.change(user, roomId, typing, timeout, () => this.tellOthers(user, roomId, false))
    if (typing || was) this.tellOthers(user, roomId, typing)
  }

  receive(origin: ServerName, content: JsonObject): void {
    const { ctx } = this
    const roomId = parseRoomId(content['room_id'])
    const user = parseUserId(content['user_id'])
    const typing = own(content, 'typing')
    if (roomId === undefined || user === undefined || typeof typing !== 'boolean') return
    if (user.serverName !== origin || ctx.store.getRoom(roomId)?.participating !== true) return
    if (ctx.store.member(roomId, user.userId)?.membership !== 'join') return
    if (!aclAllows(ctx, roomId, origin) || this.budget.take(origin, 1) === 0) return
    this.change(user.userId, roomId, typing, REMOTE_TIMEOUT_MS)
  }

  stop(): void {
    for (const room of this.rooms.values()) for (const cancel of room.values()) cancel()
    this.rooms.clear()
  }

  private change(
    user: UserId,
    roomId: RoomId,
    typing: boolean,
    timeoutMs: number,
    expired?: () => void,
  ): void {
    const room = this.rooms.get(roomId) ?? new Map<UserId, () => void>()
    const cancel = room.get(user)
    cancel?.()
    room.delete(user)
    if (typing && room.size < MAX_TYPING) {
      const timer = this.ctx.clock.setTimeout(() => {
        room.delete(user)
        if (room.size === 0) this.rooms.delete(roomId)
        this.changed(roomId)
        expired?.()
      }, timeoutMs)
      room.set(user, timer)
    }
    if (room.size > 0) this.rooms.set(roomId, room)
    else this.rooms.delete(roomId)
    if (typing !== (cancel !== undefined)) this.changed(roomId)
  }

  private changed(roomId: RoomId): void {
    this.serials.set(roomId, ++this.serial)
    this.ctx.listener.committed({ pos: this.ctx.store.maxStreamPos(), rooms: [roomId], users: [] })
  }

  private tellOthers(user: UserId, roomId: RoomId, typing: boolean): void {
    const { ctx } = this
    if (ctx.sendEdu === undefined) return
    const servers = ctx.store
      .joinedServers(roomId)
      .filter((server) => server !== ctx.serverName && ctx.domainAllowed(server))
    if (servers.length === 0) return
    const content = { room_id: roomId, user_id: user, typing }
    ctx.sendEdu(servers, { edu_type: 'm.typing', content }, `m.typing ${roomId} ${user}`)
  }
}
