import type { EventId, Pdu, RoomId } from '../core/types.ts'
import { breathe } from '../trace/turns.ts'
import type { RoomsContext } from './context.ts'
import type { StoredEvent } from './ports.ts'

/** Events read between two turns of the event loop: some milliseconds, also where each is on disk only. */
const SLICE = 200

/** Those of `ids` that are stored, in their order, however many, without holding up everything else. */
export async function loadEvents(ctx: RoomsContext, ids: readonly EventId[]): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for (let start = 0; start < ids.length; start += SLICE) {
    if (start > 0) await breathe()
    for (const event of ctx.store.getEvents(ids.slice(start, start + SLICE))) events.push(event)
  }
  return events
}

/** The types of "Auth events selection". */
const AUTH_TYPES: ReadonlySet<string> = new Set([
  'm.room.create',
  'm.room.power_levels',
  'm.room.join_rules',
  'm.room.member',
  'm.room.third_party_invite',
])

/**
 * All auth events of these events, and theirs, and so on; without the events themselves unless referred to.
 * The chain of an old room is long, and its walk leaves the event loop its turns.
 *
 * An event that was rejected may name as its auth events what its sender wants to be shown: an event of another
 * room, or a message from before they came. Those are left out.
 */
export async function authChain(ctx: RoomsContext, of: readonly Pdu[]): Promise<Pdu[]> {
  const roomId = of[0]?.roomId
  const seen = new Set<EventId>()
  const waiting: EventId[] = []
  const want = (pdu: Pdu): void => {
    for (const id of pdu.authEvents) {
      if (seen.has(id)) continue
      seen.add(id)
      waiting.push(id)
    }
  }
  for (const pdu of of) want(pdu)
  const chain: Pdu[] = []
  for (let read = 0; read < waiting.length; read++) {
    if (read % SLICE === SLICE - 1) await breathe()
    const id = waiting[read]
    const event = id === undefined ? undefined : ctx.store.getEvent(id)
    if (event === undefined || !isAuthEvent(event.pdu, roomId)) continue
    chain.push(event.pdu)
    want(event.pdu)
  }
  return chain
}

function isAuthEvent(pdu: Pdu, roomId: RoomId | undefined): boolean {
  return pdu.roomId === roomId && pdu.stateKey !== undefined && AUTH_TYPES.has(pdu.type)
}
