import { parsePdu } from '../core/pdu.ts'
import type { EventId, Pdu, PduJson, RoomId, ServerName, StateMapKey } from '../core/types.ts'
import { stateKeyOf } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { breathe } from '../trace/turns.ts'
import { loadEvents } from './auth-chain.ts'
import { checkAllSignatures } from './check-pdu.ts'
import { commit } from './commit.ts'
import { rulesOf, type RoomsContext } from './context.ts'
import { safeEventId } from './event-id.ts'
import { storeOutliers, type RoomKey } from './outliers.ts'
import { DroppedEvents } from './refusals/dropped-events.ts'
import { placeEvent } from './place-event.ts'
import { notePlaced, placeReady } from './place-ready.ts'
import { RemoteError, type StateGroupId } from './ports.ts'
import { isPlaced, rememberStateAfter, unknownPrevs } from './room-state.ts'
import { topologicalOrder } from './topological-order.ts'

const MAX_SERVERS = 4
/** Single events asked for one by one, for one event's sake. */
const MAX_SINGLE_FETCHES = 200
const SINGLE_FETCHES_AT_ONCE = 8
const MISSING_EVENTS_ROUNDS = 3
const MISSING_EVENTS_LIMIT = 50
/** An event this much deeper than what is known has a gap below it that is not worth waiting for. */
const LONG_GAP = 150
/** So much of it is fetched before the event is shown: what a timeline shows at first. */
const FIRST_OF_LONG_GAP = 20
/** Above this many unknown events of a state, the whole state costs less than asking for each. */
const WHOLE_STATE_ABOVE = 40

/** Whom to ask about an event: the server that gave it, the sender's, then others in the room. */
export function serversToAsk(
  ctx: RoomsContext,
  roomId: RoomId,
  first: readonly (ServerName | undefined)[],
): ServerName[] {
  const servers = new Set<ServerName>()
  for (const server of first) if (server !== undefined) servers.add(server)
  for (const server of ctx.store.joinedServers(roomId)) servers.add(server)
  servers.delete(ctx.serverName)
  return [...servers].filter((server) => ctx.domainAllowed(server)).slice(0, MAX_SERVERS)
}

/** Runs a request; its failure is a note, and undefined. */
export async function ask<T>(
  item: LogItem,
  label: string,
  server: ServerName,
  request: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await item.wrap(label, { server }, request)
  } catch (error) {
    if (error instanceof RemoteError) return undefined
    throw error
  }
}

/** Fetches the auth events that are not stored, with what they need themselves. Answers what is still missing. */
export async function fetchAuthEvents(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  servers: readonly ServerName[],
  pdu: Pick<Pdu, 'eventId' | 'authEvents'>,
): Promise<EventId[]> {
  let missing = ctx.store.missingEvents(pdu.authEvents)
  for (const server of servers) {
    if (missing.length === 0) return missing
    const chain = await ask(item, 'event_auth', server, () =>
      ctx.remote.eventAuth(server, room.roomId, pdu.eventId),
    )
    if (chain !== undefined) await storeOutliers(ctx, item, room, server, chain, pdu.authEvents)
    missing = ctx.store.missingEvents(pdu.authEvents)
    if (missing.length === 0) return missing
    await fetchSingly(ctx, item, room, server, missing)
    missing = ctx.store.missingEvents(pdu.authEvents)
  }
  return missing
}

/**
 * Asks for events one by one, and for the auth events that they need, and stores them as outliers. Answers those
 * that were given and are not valid, whoever gives them: their form or a signature is wrong.
 */
export async function fetchSingly(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  server: ServerName,
  ids: readonly EventId[],
): Promise<Set<EventId>> {
  const asked = new Set<EventId>()
  const invalid = new Set<EventId>()
  const jsons: PduJson[] = []
  let wanted = [...ids]
  while (wanted.length > 0 && asked.size < MAX_SINGLE_FETCHES) {
    const next: EventId[] = []
    const batch = wanted.slice(0, SINGLE_FETCHES_AT_ONCE)
    wanted = wanted.slice(SINGLE_FETCHES_AT_ONCE)
    for (const id of batch) asked.add(id)
    const answers = await Promise.all(
      batch.map((id) => ask(item, 'event', server, () => ctx.remote.getEvent(server, id))),
    )
    for (const [index, json] of answers.entries()) {
      if (json === undefined) continue
      const parsed = parsePdu(json, room.version)
      const id = parsed.ok ? parsed.pdu.eventId : safeEventId(json, rulesOf(room))
      if (id === undefined || id !== batch[index]) continue
      if (!parsed.ok) {
        invalid.add(id)
        continue
      }
      jsons.push(json)
      next.push(...parsed.pdu.authEvents)
    }
    for (const id of ctx.store.missingEvents([...new Set(next)])) if (!asked.has(id)) wanted.push(id)
  }
  const refused = await storeOutliers(ctx, item, room, server, jsons)
  for (const { pdu, keysOf } of refused.values()) if (keysOf === undefined) invalid.add(pdu.eventId)
  return invalid
}

/**
 * Fetches the events between what is known and `pdu` (`/get_missing_events`, a bounded number of
 * rounds), and gives each its place, oldest first. Where the walk does not reach known ground, the state
 * there is asked for: the event is shown at once, above a gap, which `GapFiller` fills. Answers the prev
 * events of `pdu` that still have no state.
 */
export async function fetchPrevEvents(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  servers: readonly ServerName[],
  pdu: Pdu,
): Promise<EventId[]> {
  const found = new Map<EventId, Pdu>()
  const known = Math.max(0, ...ctx.store.forwardExtremities(room.roomId).map(({ depth }) => depth))
  const walk =
    pdu.depth - known > LONG_GAP
      ? { rounds: 1, limit: FIRST_OF_LONG_GAP }
      : { rounds: MISSING_EVENTS_ROUNDS, limit: MISSING_EVENTS_LIMIT }
  let giver = servers[0]
  for (const server of servers) {
    giver = server
    await walkBack(ctx, item, room, server, pdu, found, walk)
    if (found.size > 0) break
  }
  // The states at the edges bring most of the auth events along that the events above them need.
  await fetchStatesAfter(ctx, item, room, servers, edgesOf(ctx, found, pdu))
  await placeAll(
    ctx,
    item,
    room,
    servers,
    topologicalOrder(found.values(), (event) => event.prevEvents),
    giver,
  )
  await fetchStatesAfter(ctx, item, room, servers, unknownPrevs(ctx, pdu))
  return unknownPrevs(ctx, pdu)
}

/** Prev events that are neither known nor found. */
function edgesOf(ctx: RoomsContext, found: ReadonlyMap<EventId, Pdu>, pdu: Pdu): EventId[] {
  const edges = new Set<EventId>()
  for (const event of [pdu, ...found.values()]) {
    for (const id of unknownPrevs(ctx, event)) if (!found.has(id)) edges.add(id)
  }
  return [...edges]
}

async function walkBack(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  server: ServerName,
  pdu: Pdu,
  found: Map<EventId, Pdu>,
  { rounds, limit }: { rounds: number; limit: number },
): Promise<void> {
  const earliest = ctx.store.forwardExtremities(room.roomId).map((extremity) => extremity.eventId)
  for (let round = 0; round < rounds; round++) {
    const latest = [pdu, ...found.values()]
      .filter((event) => unknownPrevs(ctx, event).some((id) => !found.has(id)))
      .map((event) => event.eventId)
      .slice(0, 20)
    if (latest.length === 0) return
    const jsons = await ask(item, 'get_missing_events', server, () =>
      ctx.remote.getMissingEvents(server, room.roomId, {
        earliest: earliest.slice(0, 20),
        latest,
        limit,
        minDepth: 0,
      }),
    )
    if (jsons === undefined) return
    const fresh: Pdu[] = []
    for (const json of jsons.slice(0, limit)) {
      const parsed = parsePdu(json, room.version)
      if (!parsed.ok || parsed.pdu.roomId !== room.roomId) continue
      if (found.has(parsed.pdu.eventId) || parsed.pdu.eventId === pdu.eventId) continue
      if (isPlaced(ctx.store.getEvent(parsed.pdu.eventId))) continue
      fresh.push(parsed.pdu)
    }
    const checked = await checkAllSignatures(ctx, fresh)
    const dropped = new DroppedEvents(ctx, item, room, server)
    const added: EventId[] = []
    for (const [index, result] of checked.entries()) {
      if (result.result === 'ok') {
        found.set(result.pdu.eventId, result.pdu)
        added.push(result.pdu.eventId)
      } else dropped.checked(fresh[index], result)
    }
    dropped.write()
    item.note('missing events', { server, received: jsons.length, events: added })
    if (added.length === 0) return
  }
}

async function placeAll(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  servers: readonly ServerName[],
  ordered: readonly Pdu[],
  giver: ServerName | undefined,
): Promise<void> {
  for (let next = 0; next < ordered.length;) {
    const placed = placeReady(ctx, item, ordered, next, giver)
    next += placed
    const alone = ordered[next]
    if (placed === 0 && alone !== undefined) {
      await placeFetched(ctx, item, room, servers, alone, giver)
      next++
    }
    await breathe()
  }
}

/** An event that nobody sent us by itself: it takes its place like a received one. */
async function placeFetched(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  servers: readonly ServerName[],
  pdu: Pdu,
  giver: ServerName | undefined,
): Promise<void> {
  if (isPlaced(ctx.store.getEvent(pdu.eventId))) return
  const authMissing = await fetchAuthEvents(ctx, item, room, servers, pdu)
  if (authMissing.length > 0) {
    item.note('left out', { event: pdu.eventId, reason: 'an auth event is missing' }, 'info')
    return
  }
  await fetchStatesAfter(ctx, item, room, servers, unknownPrevs(ctx, pdu))
  if (unknownPrevs(ctx, pdu).length > 0 || isPlaced(ctx.store.getEvent(pdu.eventId))) return
  notePlaced(
    item,
    pdu,
    commit(ctx, (effects) => placeEvent(ctx, effects, pdu, { from: giver })),
  )
}

async function fetchStatesAfter(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  servers: readonly ServerName[],
  ids: readonly EventId[],
): Promise<void> {
  for (const id of ids) {
    let passedOver: StateGroupId | undefined
    let group: StateGroupId | undefined
    for (const server of servers) {
      const after = await item.wrap('state after missing event', { event: id, server }, (step) =>
        fetchStateAfter(ctx, step, room, server, id),
      )
      // Another server may have the event as it was signed.
      if (after?.isValid === false) passedOver ??= after.group
      else group = after?.group
      if (group !== undefined) break
    }
    if (group === undefined && passedOver !== undefined) item.note('passed over', { event: id }, 'info')
    group ??= passedOver
    if (group !== undefined) rememberStateAfter(ctx, room.roomId, id, group)
  }
}

/**
 * The state after an event that is not in the timeline here, as another server tells it. Where the event is not
 * valid it is the state before it, as after one that is rejected: what others built on it has its place all
 * the same.
 */
async function fetchStateAfter(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  server: ServerName,
  id: EventId,
): Promise<{ group: StateGroupId; isValid: boolean } | undefined> {
  const before = await fetchStateBefore(ctx, item, room, server, id)
  if (before === undefined) return undefined
  let isValid = true
  if (ctx.store.getEvent(id) === undefined)
    isValid = !(await fetchSingly(ctx, item, room, server, [id])).has(id)
  const event = ctx.store.getEvent(id)
  if (isValid && event?.pdu.roomId !== room.roomId) return undefined
  if (event?.pdu.stateKey !== undefined && event.status !== 'rejected') {
    before.set(stateKeyOf(event.pdu.type, event.pdu.stateKey), id)
  }
  const near = ctx.store.getRoom(room.roomId)?.currentState
  return { group: commit(ctx, () => ctx.store.putStateMap(room.roomId, before, near)), isValid }
}

/** All events of the state before `id`, as outliers; false if they cannot be had. */
async function fetchWholeState(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  server: ServerName,
  id: EventId,
): Promise<boolean> {
  const { promise: inUse, resolve: letGo } = Promise.withResolvers<void>()
  try {
    const whole = await ask(item, 'state', server, () => ctx.remote.state(server, room.roomId, id, inUse))
    if (whole === undefined) return false
    await storeOutliers(ctx, item, room, server, [...whole.authChain, ...whole.pdus])
    return true
  } finally {
    letGo()
  }
}

/** State before `id` by `/state_ids`, with its events fetched as outliers. Undefined if it cannot be had. */
export async function fetchStateBefore(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  server: ServerName,
  id: EventId,
): Promise<Map<StateMapKey, EventId> | undefined> {
  const answer = await ask(item, 'state_ids', server, () => ctx.remote.stateIds(server, room.roomId, id))
  if (answer === undefined) return undefined
  const missing = ctx.store.missingEvents([...new Set([...answer.authChainIds, ...answer.pduIds])])
  let wantsWhole = missing.length > WHOLE_STATE_ABOVE
  if (!wantsWhole && missing.length > 0) {
    await fetchSingly(ctx, item, room, server, missing)
    // A request that got lost must not leave a hole in the state for good.
    wantsWhole = ctx.store.missingEvents(answer.pduIds).length > 0
  }
  if (wantsWhole && !(await fetchWholeState(ctx, item, room, server, id))) return undefined

  const state = new Map<StateMapKey, EventId>()
  for (const event of await loadEvents(ctx, answer.pduIds)) {
    const { pdu } = event
    if (pdu.roomId !== room.roomId || pdu.stateKey === undefined || event.status === 'rejected') continue
    state.set(stateKeyOf(pdu.type, pdu.stateKey), pdu.eventId)
  }
  if (!state.has(stateKeyOf('m.room.create', ''))) {
    item.note('unusable state', { server, events: answer.pduIds.length }, 'info')
    return undefined
  }
  const lacking = answer.pduIds.length - state.size
  if (lacking > 0) item.note('incomplete state', { server, lacking }, 'warn')
  return state
}
