import { parsePdu } from '../core/pdu.ts'
import type { EventId, Pdu, PduJson, RoomId, ServerName } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { askInTurn } from './ask-in-turn.ts'
import { checkAllSignatures, formatCause } from './check-pdu.ts'
import { rulesOf, serverOf, type RoomsContext } from './context.ts'
import { ask } from './fetch-missing.ts'
import { DroppedEvents } from './refusals/dropped-events.ts'
import { placeHistory } from './place-history.ts'
import { RemoteError, segmentOf, type Gap, type RoomRecord, type TimelinePos } from './ports.ts'
import { isPlaced } from './room-state.ts'

const MAX_SERVERS = 10
/** As much as other servers give at a time. */
export const MAX_BACKFILL = 100
/** Missing events that one request names. */
const MAX_NAMED = 20
/** What nobody had, and who had nothing, is asked for and whom again after this. */
const ASK_AGAIN_MS = 60_000
const USELESS_MS = 2 * 60_000

export interface BackfillOptions {
  /** Ask for what comes before that at once, as it will be wanted next. */
  readonly goesOn?: boolean
}

/**
 * Server-server "Backfilling": fetches events across the gap at or below a place in the timeline
 * (undefined: the room's oldest), and puts them between its two sides. False when there is no such gap, or
 * no server has anything for it.
 */
export function backfill(
  ctx: RoomsContext,
  roomId: RoomId,
  below: TimelinePos | undefined,
  limit: number,
  options: BackfillOptions = {},
): Promise<boolean> {
  const wanted = gapsToFill(ctx, roomId, below)[0]
  if (wanted === undefined) return Promise.resolve(false)
  return ctx.log.run('backfill', { room: roomId }, (item) =>
    ctx.historyLanes.run(roomId, async () => {
      const room = ctx.store.getRoom(roomId)
      if (room?.participating !== true) return false
      // Somebody else was waiting for the same, and got it.
      const isOpen = (gap: Gap): boolean =>
        gap.missing === wanted.missing && gap.timelinePos === wanted.timelinePos
      if (!ctx.store.gaps(roomId).some(isOpen)) return true
      const gaps = gapsToFill(ctx, roomId, below)
      for (const named of portionsOf(gaps)) {
        if (await fill(ctx, item, room, named, Math.min(limit, MAX_BACKFILL), options)) return true
        for (const gap of named) ctx.history.inVain.set(gap.missing, ctx.clock.monotonic())
      }
      return false
    }),
  )
}

/**
 * All gaps of one stretch of history: their events share the positions below, so they are filled together. First
 * those at the place itself and below it, newest first; then those above. Without those that nobody could fill
 * just now.
 */
function gapsToFill(ctx: RoomsContext, roomId: RoomId, below: TimelinePos | undefined): Gap[] {
  const open = openGaps(ctx, roomId)
  const eligible = below === undefined ? open : open.filter((gap) => gap.timelinePos <= below)
  const chosen = below === undefined ? eligible.at(-1) : eligible[0]
  if (chosen === undefined) return []
  const together = open.filter((gap) => segmentOf(gap.timelinePos) === segmentOf(chosen.timelinePos))
  const isAbove = (gap: Gap): boolean => below !== undefined && gap.timelinePos > below
  return [...together.filter((gap) => !isAbove(gap)), ...together.filter(isAbove)]
}

/** As many at a time as may be asked for in one request; an event that many others name is named once. */
function portionsOf(gaps: readonly Gap[]): Gap[][] {
  const portions: Gap[][] = []
  const missing = new Set<EventId>()
  for (const gap of gaps) {
    if (portions.length === 0 || (missing.size === MAX_NAMED && !missing.has(gap.missing))) {
      portions.push([])
      missing.clear()
    }
    missing.add(gap.missing)
    portions.at(-1)?.push(gap)
  }
  return portions
}

/** The gaps that are worth asking about, newest first. */
export function openGaps(ctx: RoomsContext, roomId: RoomId): Gap[] {
  const since = ctx.clock.monotonic() - ASK_AGAIN_MS
  return ctx.store.gaps(roomId).filter((gap) => (ctx.history.inVain.get(gap.missing) ?? -Infinity) < since)
}

/** Whom to ask: who wrote above the gap, the room's creator, then everybody; last who had nothing lately. */
function serversFor(ctx: RoomsContext, room: RoomRecord, gap: Gap): ServerName[] {
  const { store } = ctx
  const servers = new Set<ServerName>()
  const event = store.getEvent(gap.eventId)
  if (event !== undefined) servers.add(serverOf(event.pdu.sender))
  const create = store.currentStateEvent(room.roomId, 'm.room.create', '')
  if (create !== undefined) servers.add(serverOf(create.pdu.sender))
  for (const server of store.joinedServers(room.roomId)) servers.add(server)
  servers.delete(ctx.serverName)
  const since = ctx.clock.monotonic() - USELESS_MS
  const wasUseless = (server: ServerName): number =>
    Number((ctx.history.useless.get(`${room.roomId} ${server}`) ?? -Infinity) >= since)
  return [...servers]
    .filter((server) => ctx.domainAllowed(server))
    .sort((a, b) => wasUseless(a) - wasUseless(b))
    .slice(0, MAX_SERVERS)
}

interface Answer {
  readonly server: ServerName
  /** What hangs together with the gaps. */
  readonly pdus: readonly Pdu[]
  /** The rest. */
  readonly loose: readonly Pdu[]
  /** Not valid, whoever gives them. */
  readonly invalid: readonly Pdu[]
}

async function fill(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  gaps: readonly Gap[],
  limit: number,
  options: BackfillOptions,
): Promise<boolean> {
  const [first] = gaps
  if (first === undefined) return false
  const segment = segmentOf(first.timelinePos)
  const missing = [...new Set(gaps.map((gap) => gap.missing))]
  let servers = serversFor(ctx, room, first)
  const early = takeEarly(ctx, room, missing)
  if (early !== undefined) servers = [early.server, ...servers.filter((server) => server !== early.server)]
  const loose: Answer[] = []
  const invalid: Invalid = new Map()
  let silent = 0
  while (servers.length > 0) {
    const asked = servers
    const useless = (server: ServerName): void =>
      ctx.history.useless.set(`${room.roomId} ${server}`, ctx.clock.monotonic())
    const request = async (server: ServerName): Promise<Answer | undefined> => {
      const got = await item.wrap('backfill from', { server, gaps: gaps.length }, (step) =>
        answerOf(
          ctx,
          step,
          room,
          server,
          missing,
          limit,
          early?.server === server ? early.answer : undefined,
        ),
      )
      if (got === undefined) silent++
      for (const pdu of got?.invalid ?? []) {
        const isItsOwn = server === serverOf(pdu.sender)
        if (isItsOwn || !invalid.has(pdu.eventId)) invalid.set(pdu.eventId, { pdu, isItsOwn })
      }
      if (got !== undefined && got.pdus.length > 0) return got
      if (got !== undefined && got.loose.length > 0) loose.push(got)
      useless(server)
      return undefined
    }
    const answer = await askInTurn(ctx.clock, asked, request, useless)
    if (answer === undefined) break
    servers = asked.slice(asked.indexOf(answer.server) + 1)
    if (options.goesOn === true) askEarly(ctx, room, answer, limit)
    const others = asked.filter((server) => server !== answer.server)
    if ((await placeHistory(ctx, item, room, { ...answer, others, segment })) > 0) return true
  }
  const crossed = gaps.filter(({ missing: id }) => silent === 0 || invalid.get(id)?.isItsOwn === true)
  return passOver(ctx, item, room, crossed, invalid) || placeLoose(ctx, item, room, gaps, loose[0])
}

/** Events that were given and are not valid; `isItsOwn`: given so by the very server that should have signed them. */
type Invalid = Map<EventId, { readonly pdu: Pdu; readonly isItsOwn: boolean }>

/**
 * Nobody gives the missing event as it was signed: the gap leads on to what comes before it, which its id, a
 * hash, vouches for. Much of that may be here already.
 */
function passOver(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  gaps: readonly Gap[],
  invalid: Invalid,
): boolean {
  if (rulesOf(room).eventIdFormat === 'explicit') return false
  const crossed = gaps.filter((gap) => invalid.has(gap.missing))
  if (crossed.length === 0) return false
  item.note('passed over', { events: crossed.map((gap) => gap.missing) }, 'info')
  ctx.store.transaction(() => {
    for (const gap of crossed) {
      for (const missing of invalid.get(gap.missing)?.pdu.prevEvents ?? [])
        if (!isPlaced(ctx.store.getEvent(missing))) ctx.store.addGap(room.roomId, { ...gap, missing })
      ctx.store.closeGaps(room.roomId, gap.missing)
    }
  })
  return true
}

/**
 * Nobody gives the missing event itself (it was refused by everybody, say), but what came before it: that is
 * history too, and the way to what is older.
 */
async function placeLoose(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  gaps: readonly Gap[],
  answer: Answer | undefined,
): Promise<boolean> {
  const [first] = gaps
  if (answer === undefined || first === undefined) return false
  const above = ctx.store.getEvent(first.eventId)?.pdu.depth ?? Infinity
  const pdus = answer.loose.filter((pdu) => pdu.depth < above)
  const segment = segmentOf(first.timelinePos)
  const placed = await placeHistory(ctx, item, room, { ...answer, pdus, others: [], segment })
  if (placed === 0) return false
  item.note('passed over', { events: gaps.length, server: answer.server }, 'info')
  ctx.store.transaction(() => {
    for (const gap of gaps) ctx.store.closeGaps(room.roomId, gap.missing)
  })
  return true
}

async function answerOf(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  server: ServerName,
  missing: readonly EventId[],
  limit: number,
  early: Promise<PduJson[] | undefined> | undefined,
): Promise<Answer | undefined> {
  const jsons =
    (await early) ??
    (await ask(item, 'backfill', server, () =>
      onceMore(() => ctx.remote.backfill(server, room.roomId, missing, limit)),
    ))
  if (jsons === undefined) return undefined
  const given = jsons.slice(0, MAX_BACKFILL)
  const { pdus, doubtful, invalid } = await checked(ctx, item, room, server, given)
  if (given.length > 0) pdus.push(...(await stragglers(ctx, item, room, server, { given, pdus, missing })))
  const reached = contiguous(pdus, missing)
  item.set({ received: jsons.length, fitting: reached.size, events: [...reached.keys()] })
  return {
    server,
    pdus: [...reached.values()],
    loose: [...pdus, ...doubtful].filter((pdu) => !reached.has(pdu.eventId)),
    invalid,
  }
}

/** A server that is there and stumbled (its database was busy, say) has not said that it has nothing. */
async function onceMore<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    if (!(error instanceof RemoteError) || error.status === undefined || error.status < 500) throw error
    return await request()
  }
}

/**
 * Where many speak at once, an answer is full of what comes before the first of the missing events, most of it
 * known, and lacks the others: those are asked for by name.
 */
async function stragglers(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  server: ServerName,
  answer: { given: readonly PduJson[]; pdus: readonly Pdu[]; missing: readonly EventId[] },
): Promise<Pdu[]> {
  const came = new Set(answer.pdus.map((pdu) => pdu.eventId))
  const absent = answer.missing.filter((id) => !came.has(id))
  // They come with the next answers where those have room for them.
  if (answer.pdus.length > answer.given.length / 2 || absent.length === 0) return []
  const jsons = await Promise.all(
    absent.map((id) => ask(item, 'event', server, () => ctx.remote.getEvent(server, id))),
  )
  const { pdus } = await checked(
    ctx,
    item,
    room,
    server,
    jsons.filter((json) => json !== undefined),
  )
  return pdus.filter((pdu) => absent.includes(pdu.eventId))
}

/** What will be asked for next, while this answer is being checked and written. */
function askEarly(ctx: RoomsContext, room: RoomRecord, answer: Answer, limit: number): void {
  const missing = edgesBelow(ctx, answer.pdus)
  if (missing.length === 0 || missing.length > MAX_NAMED) return
  const { server } = answer
  const asked = ctx.log.run('backfill early', { room: room.roomId }, (item) =>
    ask(item, 'backfill', server, () => ctx.remote.backfill(server, room.roomId, missing, limit)),
  )
  // Perhaps nobody will want it; who does hears of its failure.
  asked.catch(() => undefined)
  ctx.history.early.set(room.roomId, { server, missing, answer: asked })
}

function takeEarly(
  ctx: RoomsContext,
  room: RoomRecord,
  missing: readonly EventId[],
): { server: ServerName; answer: Promise<PduJson[] | undefined> } | undefined {
  const early = ctx.history.early.get(room.roomId)
  ctx.history.early.delete(room.roomId)
  const isSame = early?.missing.length === missing.length && early.missing.every((id) => missing.includes(id))
  return isSame ? early : undefined
}

function edgesBelow(ctx: RoomsContext, pdus: readonly Pdu[]): EventId[] {
  const here = new Set(pdus.map((pdu) => pdu.eventId))
  const below = new Set(pdus.flatMap((pdu) => pdu.prevEvents).filter((id) => !here.has(id)))
  return [...below].filter((id) => !isPlaced(ctx.store.getEvent(id)))
}

/**
 * Format, signature and hash. Doubtful: what has another content than its hash says, and is not the redacted
 * form of it either. It would count as redacted, for ever; another server may have it whole.
 */
async function checked(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  server: ServerName,
  jsons: readonly PduJson[],
): Promise<{ pdus: Pdu[]; doubtful: Pdu[]; invalid: Pdu[] }> {
  const parsed: Pdu[] = []
  const dropped = new DroppedEvents(ctx, item, room, server)
  for (const json of jsons) {
    const result = parsePdu(json, room.version)
    if (!result.ok) dropped.add(json, { cause: formatCause(result.reason), reason: result.reason })
    else if (result.pdu.roomId !== room.roomId) {
      dropped.add(json, { cause: 'other-room', reason: 'it is of another room' })
    } else if (!isPlaced(ctx.store.getEvent(result.pdu.eventId))) parsed.push(result.pdu)
  }
  const pdus: Pdu[] = []
  const doubtful: Pdu[] = []
  const invalid: Pdu[] = []
  for (const [index, result] of (await checkAllSignatures(ctx, parsed)).entries()) {
    const given = parsed[index]
    if (result.result !== 'ok') {
      dropped.checked(given, result)
      if (result.result === 'drop' && given !== undefined) invalid.push(given)
    } else if (result.redacted && given !== undefined && !isSameContent(given, result.pdu)) {
      item.note('doubtful', { event: given.eventId, reason: 'the content is not what was signed' }, 'info')
      doubtful.push(result.pdu)
    } else pdus.push(result.pdu)
  }
  dropped.write()
  return { pdus, doubtful, invalid }
}

function isSameContent(a: Pdu, b: Pdu): boolean {
  return JSON.stringify(a.content) === JSON.stringify(b.content)
}

/** Only what hangs together with the gap from above: the rest has no place here yet. */
function contiguous(pdus: readonly Pdu[], missing: readonly EventId[]): Map<EventId, Pdu> {
  const byId = new Map(pdus.map((pdu) => [pdu.eventId, pdu]))
  const reached = new Map<EventId, Pdu>()
  const queue = [...missing]
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const pdu = byId.get(id)
    if (pdu === undefined || reached.has(id)) continue
    reached.set(id, pdu)
    queue.push(...pdu.prevEvents)
  }
  return reached
}
