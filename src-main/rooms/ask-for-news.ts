import { parsePdu } from '../core/pdu.ts'
import type { EventId, RoomId, ServerName } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { commit } from './commit.ts'
import { inBackground, type RoomsContext } from './context.ts'
import { ask } from './fetch-missing.ts'
import { LruCache } from './lru-cache.ts'
import { RemoteError } from './ports.ts'
import { isPlaced } from './room-state.ts'
import type { StagedQueue } from './staged-queue.ts'

/** What others queued for this server comes by itself, and comes first. */
const PATIENCE_MS = 3_000
const MAX_ROOMS = 500
const SERVERS_PER_ROOM = 2
const AT_ONCE = 4
/** Between two times that one server is asked. */
const LEAST_MS = 60_000
/** Clocks differ; nothing that is in the room yet is later than this by them. */
const AHEAD_MS = 3_600_000

/**
 * After an absence, somebody may have spoken who is away by now: what they said is on the servers that were
 * there, which owe it to nobody. So those are asked for the newest event that they know of each room
 * (`timestamp_to_event`), and what lies between is fetched as for any event that arrives.
 */
export class NewsAsker {
  private readonly ctx: RoomsContext
  private readonly queue: StagedQueue
  private readonly asked = new LruCache<ServerName | 'all', number>(1_000)
  private readonly timers = new Set<() => void>()

  constructor(ctx: RoomsContext, queue: StagedQueue) {
    this.ctx = ctx
    this.queue = queue
  }

  /** Of these servers; undefined asks of every room some that are in it. */
  ask(only?: readonly ServerName[]): void {
    const now = this.ctx.clock.monotonic()
    const isDue = (key: ServerName | 'all'): boolean => now - (this.asked.get(key) ?? -Infinity) >= LEAST_MS
    const due = (only ?? (['all'] as const)).filter(isDue)
    if (due.length === 0) return
    for (const key of due) this.asked.set(key, now)
    const servers = only === undefined ? undefined : (due as ServerName[])
    const cancel = this.ctx.clock.setTimeout(() => {
      this.timers.delete(cancel)
      this.askNow(servers)
    }, PATIENCE_MS)
    this.timers.add(cancel)
  }

  stop(): void {
    for (const cancel of this.timers) cancel()
    this.timers.clear()
  }

  private askNow(servers: readonly ServerName[] | undefined): void {
    const { ctx } = this
    inBackground(ctx, 'ask for news', { asked: servers?.length ?? 0 }, async (item) => {
      const rooms = this.roomsOf(servers).slice(0, MAX_ROOMS)
      const silent = new Set<ServerName>()
      const worker = async (): Promise<void> => {
        for (let room = rooms.pop(); room !== undefined && !ctx.stopped; room = rooms.pop()) {
          await this.askAbout(item, room, servers, silent)
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
    })
  }

  private roomsOf(servers: readonly ServerName[] | undefined): RoomId[] {
    const { store } = this.ctx
    const rooms =
      servers === undefined
        ? store.listRooms().map((room) => room.roomId)
        : servers.flatMap((server) => store.roomsSharedWithServer(server))
    return [...new Set(rooms)].filter((roomId) => store.getRoom(roomId)?.participating === true)
  }

  private async askAbout(
    item: LogItem,
    roomId: RoomId,
    only: readonly ServerName[] | undefined,
    silent: Set<ServerName>,
  ): Promise<void> {
    const { ctx } = this
    const servers = ctx.store
      .joinedServers(roomId)
      .filter((server) => server !== ctx.serverName && ctx.domainAllowed(server))
      .filter((server) => only === undefined || only.includes(server))
    let left = SERVERS_PER_ROOM
    for (const server of shuffled(servers, () => ctx.random.next())) {
      if (left === 0 || ctx.stopped) return
      if (silent.has(server)) continue
      if (await this.askOne(item, roomId, server)) left--
      else silent.add(server)
    }
  }

  /** False when the server does not answer. */
  private async askOne(item: LogItem, roomId: RoomId, server: ServerName): Promise<boolean> {
    const { ctx } = this
    let newest: { eventId: EventId }
    try {
      newest = await item.wrap('timestamp_to_event', { server }, () =>
        ctx.remote.timestampToEvent(server, roomId, ctx.clock.now() + AHEAD_MS, 'b'),
      )
    } catch (error) {
      if (error instanceof RemoteError) return error.status !== undefined
      throw error
    }
    if (isPlaced(ctx.store.getEvent(newest.eventId))) return true
    const json = await ask(item, 'event', server, () => ctx.remote.getEvent(server, newest.eventId))
    const room = ctx.store.getRoom(roomId)
    if (json === undefined || room?.participating !== true) return json !== undefined
    const parsed = parsePdu(json, room.version)
    if (!parsed.ok || parsed.pdu.eventId !== newest.eventId || parsed.pdu.roomId !== roomId) return true
    item.note('news', { room: roomId, server, event: newest.eventId }, 'info')
    commit(ctx, () =>
      ctx.store.stageTransaction(
        server,
        `news-${newest.eventId}`,
        [{ roomId, json: parsed.pdu.json }],
        ctx.clock.now(),
      ),
    )
    this.queue.kick(roomId)
    return true
  }
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  return values
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}
