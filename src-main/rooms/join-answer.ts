import { ownString } from '../core/json.ts'
import { stateKeyOf } from '../core/types.ts'
import type { EventId, JsonObject, Pdu, PduJson, ServerName, StateMapKey } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { RoomError } from './api.ts'
import { serverOf, type RoomsContext } from './context.ts'
import { checkOutliers, type CheckedOutliers, type RoomKey } from './outliers.ts'

/** A state event of the answer. An answer may name several of one key; not all of them need be valid. */
export interface StateEntry {
  readonly key: StateMapKey
  readonly id: EventId
}

/** What a server answered to `send_join`, as far as it holds. */
export interface CheckedAnswer extends CheckedOutliers {
  readonly server: ServerName
  readonly state: readonly StateEntry[]
}

const CREATE = stateKeyOf('m.room.create', '')
/** Of more the words would not be read. */
const MOST_NAMED = 3

/**
 * Server-server "Joining Rooms": the events of an answer to `send_join`, checked one by one, and that it is of
 * the room. Keys of servers that are gone are asked of servers of the room. Throws `RoomError`.
 */
export async function checkJoinAnswer(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  server: ServerName,
  answer: { readonly state: readonly PduJson[]; readonly authChain: readonly PduJson[] },
): Promise<CheckedAnswer> {
  const ids = new Map<JsonObject, EventId>()
  const checked = await checkOutliers(ctx, item, room, server, [...answer.authChain, ...answer.state], {
    ids,
    witnesses: (passed) => witnessesOf(ctx, server, passed),
  })
  const state = entriesOf(ctx, room, answer.state, checked.passed, ids)
  const whole = { ...checked, server, state }
  checkCreate(ctx, room, whole)
  return whole
}

/** The one that answered, and others in any order that have shown that they were in the room. */
function witnessesOf(ctx: RoomsContext, server: ServerName, passed: readonly Pdu[]): ServerName[] {
  const others = new Set(passed.filter(isJoin).map((pdu) => serverOf(pdu.sender)))
  others.delete(server)
  const shuffled = [...others]
    .map((name) => ({ name, at: ctx.random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ name }) => name)
  return [server, ...shuffled]
}

function isJoin(pdu: Pdu): boolean {
  return (
    pdu.type === 'm.room.member' &&
    pdu.stateKey === pdu.sender &&
    ownString(pdu.content, 'membership') === 'join'
  )
}

/** The state events that passed the checks, or were stored before. */
function entriesOf(
  ctx: RoomsContext,
  room: RoomKey,
  state: readonly JsonObject[],
  passed: readonly Pdu[],
  ids: ReadonlyMap<JsonObject, EventId>,
): StateEntry[] {
  const fresh = new Map(passed.map((pdu) => [pdu.eventId, pdu]))
  const entries = new Map<EventId, StateEntry>()
  for (const json of state) {
    const id = ids.get(json)
    if (id === undefined) continue
    const pdu = fresh.get(id) ?? ctx.store.getEvent(id)?.pdu
    if (pdu?.stateKey === undefined || pdu.roomId !== room.roomId) continue
    entries.set(id, { key: stateKeyOf(pdu.type, pdu.stateKey), id })
  }
  return [...entries.values()]
}

function checkCreate(ctx: RoomsContext, room: RoomKey, answer: CheckedAnswer): void {
  const creates = answer.state.filter((entry) => entry.key === CREATE)
  const id = creates.length === 1 ? creates[0]?.id : undefined
  const create =
    answer.passed.find((pdu) => pdu.eventId === id) ??
    (id === undefined ? undefined : ctx.store.getEvent(id)?.pdu)
  if (create === undefined) {
    const refused = [...answer.refused.values()].find(({ pdu }) => isCreate(pdu))
    if (refused !== undefined) throw whatIsLacking(ctx, answer, [refused.pdu.eventId])
    throw new RoomError(502, 'M_UNKNOWN', 'The other server gave a room without a valid m.room.create event.')
  }
  if ((ownString(create.content, 'room_version') ?? '1') !== room.version) {
    throw new RoomError(502, 'M_UNKNOWN', 'The room has another version than the other server said.')
  }
}

function isCreate(pdu: Pdu): boolean {
  return pdu.stateKey !== undefined && stateKeyOf(pdu.type, pdu.stateKey) === CREATE
}

/** Why `events` are not all known here, though the answer was to have them and what they rest on, in words. */
export function whatIsLacking(
  ctx: RoomsContext,
  answer: CheckedAnswer,
  events: readonly EventId[],
): RoomError {
  const passed = new Map(answer.passed.map((pdu) => [pdu.eventId, pdu]))
  const withoutKeys = new Set<ServerName>()
  const others: string[] = []
  const seen = new Set<EventId>()
  const open = [...events]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id) || ctx.store.getEvent(id) !== undefined) continue
    seen.add(id)
    const refused = answer.refused.get(id)
    // One that passed, and is not stored all the same, rests on such a one.
    if (passed.has(id)) open.push(...(passed.get(id)?.authEvents ?? []))
    else if (refused === undefined) others.push(`${answer.server} did not give the event ${id}.`)
    else if (refused.keysOf !== undefined) withoutKeys.add(refused.keysOf)
    else others.push(`${refused.pdu.type} of ${refused.pdu.sender} is not valid (${refused.reason}).`)
  }
  const words = ['This room cannot be checked, so it was not joined.']
  if (withoutKeys.size > 0) words.push(wordsOfKeys([...withoutKeys]))
  words.push(...new Set(others.slice(0, MOST_NAMED)))
  return new RoomError(502, 'M_UNKNOWN', words.join(' '), { not_checkable: true })
}

function wordsOfKeys(servers: readonly ServerName[]): string {
  const names = listed(servers)
  return (
    `It rests on what was sent from ${names}, whose keys could not be had: not from there, nor from two ` +
    `servers of the room that say the same. Try again when ${names} can be reached. Or the owner of this ` +
    'server names one of those, or another that it trusts with the keys of others (trusted_key_server in settings.json).'
  )
}

function listed(servers: readonly ServerName[]): string {
  const shown = servers.slice(0, MOST_NAMED)
  const more = servers.length - shown.length
  const all = more > 0 ? [...shown, `${more} more`] : shown
  const last = all.at(-1) ?? ''
  return all.length === 1 ? last : `${all.slice(0, -1).join(', ')} and ${last}`
}
